# SPDX-License-Identifier: Apache-2.0
#
# Two panels of grouped bars, a group an edit and a bar a variant: rebuild (seconds above pushed bytes) and bytes
# (stored above pushed). By hand, from the repository's root:
#   GNUPLOT_LIB=plots gnuplot -c plots/bars.gp results/python-app/latest/plots/rebuild out.svg svg light
# Columns: n (of the variant), variant, edit, x (of the bar), group_x (of the edit's name), and for each of the two
# figures NAME (empty: unknown, or known in part), NAME_y (what is known of it: the bar), NAME_label.

call 'common.gp' ARG1 ARG2 ARG3 ARG4

set lmargin at screen 110.0 / width
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

set multiplot

set tmargin at screen 1 - 84.0 / height
set bmargin at screen 0.61
set yrange [0:top_most * 1.24]
set ylabel top_axis textcolor rgb ink
if (!top_known) {
	set format y ''
	unset grid
}
set xtics ('' 0)
set key at screen 16.0 / width, screen key_y left top horizontal Left reverse samplen 1.2 width 2 maxrows 1 font ',12'
plot for [k = 1:n] data using (column("n") == k ? column("x") : NaN):(column(top.'_y')) \
          with boxes fillcolor rgb okabe[(k - 1) % 8 + 1] title variants[k], \
     data using "x":(column(top.'_y')):(stringcolumn(top.'_label')) \
          with labels rotate by 90 left offset 0, 0.35 font ',9' textcolor rgb ink notitle
unset label 1
unset label 2

set tmargin at screen 0.575
set bmargin at screen 166.0 / height
set yrange [0:bottom_most * 1.24]
set ylabel bottom_axis
set format y bottom_known ? '%g' : ''
set grid ytics linetype 1 linewidth 0.6 linecolor rgb grid_ink
set xtics rotate by 38 right font ',11'
unset key
plot for [k = 1:n] data using (column("n") == k ? column("x") : NaN):(column(bottom.'_y')) \
          with boxes fillcolor rgb okabe[(k - 1) % 8 + 1], \
     data using "x":(column(bottom.'_y')):(stringcolumn(bottom.'_label')) \
          with labels rotate by 90 left offset 0, 0.35 font ',9' textcolor rgb ink, \
     data using "group_x":(0):xticlabel(strcol("edit")) with points pointtype -1

unset multiplot
