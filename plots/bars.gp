# SPDX-License-Identifier: Apache-2.0
#
# Two panels of grouped bars, a group an edit and a bar a variant: rebuild (seconds above pushed bytes) and bytes
# (stored above pushed). By hand, from the repository's root:
#   GNUPLOT_LIB=plots gnuplot -c plots/bars.gp results/python-app/latest/plots/rebuild out.svg svg light
# Columns: n (of the variant), variant, edit, x (of the bar), group_x (of the edit's name), and for each of the two
# figures NAME (empty: unknown, or known in part), NAME_y (what is known of it: the bar), NAME_label.

call 'common.gp' ARG1 ARG2 ARG3 ARG4

set lmargin at screen 1.0 * left / width
set rmargin at screen 1 - 24.0 / width
set xrange [-1:slots - 1]
set style fill solid noborder
set boxwidth 0.86
set border 1
set tics scale 0
set grid ytics linetype 1 linewidth 0.6 linecolor rgb grid_ink
set ytics nomirror font ',11'
set format y '%g'
n = |variants|
middle = foot + (height - head - foot) / 2.0

set multiplot

set tmargin at screen 1 - 1.0 * head / height
set bmargin at screen (middle + 14.0) / height
set yrange [0:top_most * 1.24]
set ylabel top_axis textcolor rgb ink
if (!top_known) {
	set format y ''
	unset grid
}
set xtics ('' 0)
unset key
pitch = key_pitch
per_row = int((width - 32) / pitch) < 1 ? 1 : int((width - 32) / pitch)
do for [k = 1:n] {
	set object k rectangle from screen entry_x(k), screen entry_y(k) - 6.0 / height to screen entry_x(k) + 20.0 / width, screen entry_y(k) + 6.0 / height \
	    fillstyle solid noborder fillcolor rgb okabe[(k - 1) % 8 + 1]
	set label 10 + k variants[k] at screen entry_x(k) + 28.0 / width, screen entry_y(k) left textcolor rgb ink font ',11'
}
plot for [k = 1:n] data using (column("n") == k ? column("x") : NaN):(column(top.'_y') * top_scale) \
          with boxes fillcolor rgb okabe[(k - 1) % 8 + 1], \
     data using "x":(column(top.'_y') * top_scale):(stringcolumn(top.'_label')) \
          with labels rotate by 90 left offset 0, 0.35 font ',9' textcolor rgb ink
unset label
unset object

set tmargin at screen (middle - 14.0) / height
set bmargin at screen 1.0 * foot / height
set yrange [0:bottom_most * 1.24]
set ylabel bottom_axis
set format y bottom_known ? '%g' : ''
set grid ytics linetype 1 linewidth 0.6 linecolor rgb grid_ink
set xtics rotate by 38 right font ',11'
plot for [k = 1:n] data using (column("n") == k ? column("x") : NaN):(column(bottom.'_y') * bottom_scale) \
          with boxes fillcolor rgb okabe[(k - 1) % 8 + 1], \
     data using "x":(column(bottom.'_y') * bottom_scale):(stringcolumn(bottom.'_label')) \
          with labels rotate by 90 left offset 0, 0.35 font ',9' textcolor rgb ink, \
     data using "group_x":(0):xticlabel(strcol("edit")) with points pointtype -1

unset multiplot
