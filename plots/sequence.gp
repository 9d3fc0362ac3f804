# SPDX-License-Identifier: Apache-2.0
#
# What a sequence of commits costs in all, a line a variant: seconds above pushed bytes. By hand, from the root:
#   GNUPLOT_LIB=plots gnuplot -c plots/sequence.gp results/python-app/latest/plots/sequence out.svg svg light
# Columns: n (of the line), variant, commit (0: before the first), edit, cumulative_s, cumulative_mb; in the rows of
# the lines' ends label_y_s, label_y_mb, label_s, label_mb instead.

call 'common.gp' ARG1 ARG2 ARG3 ARG4

set lmargin at screen 100.0 / width
set rmargin at screen 1 - 230.0 / width
set xrange [0:commits]
set border 3
set tics scale 0.5 nomirror
set grid ytics linetype 1 linewidth 0.6 linecolor rgb grid_ink
unset key
if (commits < 12) {
	set xtics 1
}

set multiplot

set tmargin at screen 1 - 62.0 / height
set bmargin at screen 0.55
set yrange [0:most_s * scale_s * 1.06]
set ylabel 'RUN '.unit_s.' so far' textcolor rgb ink
set format x ''
plot for [k = 1:lines] data using (column("n") == k && valid(5) ? column("commit") : NaN):(column("cumulative_s") * scale_s) \
          with fsteps linewidth 2 linecolor rgb okabe[(k - 1) % 8 + 1], \
     for [k = 1:lines] data using (column("n") == k && valid(7) ? column("commit") : NaN):(column("label_y_s") * scale_s):"label_s" \
          with labels left offset 1, 0 textcolor rgb okabe[(k - 1) % 8 + 1]
unset label 1
unset label 2

set tmargin at screen 0.52
set bmargin at screen 92.0 / height
set yrange [0:most_mb * scale_mb * 1.06]
set ylabel 'pushed so far, '.unit_mb
set xlabel 'commits' textcolor rgb ink
set format x '%g'
plot for [k = 1:lines] data using (column("n") == k && valid(6) ? column("commit") : NaN):(column("cumulative_mb") * scale_mb) \
          with fsteps linewidth 2 linecolor rgb okabe[(k - 1) % 8 + 1], \
     for [k = 1:lines] data using (column("n") == k && valid(8) ? column("commit") : NaN):(column("label_y_mb") * scale_mb):"label_mb" \
          with labels left offset 1, 0 textcolor rgb okabe[(k - 1) % 8 + 1]

unset multiplot
