# SPDX-License-Identifier: Apache-2.0
#
# Nightly results, a colour a variant: a point a night, a line for the level of each segment, a mark with its commit
# where the level changes. By hand, from the root:
#   GNUPLOT_LIB=plots gnuplot -c plots/trend.gp DIR/trend-python-app-run-buildkit-warm out.svg svg light
# Columns: n (of the line), variant, day (since the first), date, value, level, change (empty but for a change), label,
# accepted (1 where the change was: a filled mark).

call 'common.gp' ARG1 ARG2 ARG3 ARG4

set lmargin at screen 90.0 / width
set rmargin at screen 1 - 24.0 / width
set tmargin at screen 1 - (62.0 + 20 * key_rows(lines)) / height
set bmargin at screen 96.0 / height
set xrange [-0.5:nights - 0.5]
set yrange [0:most * 1.12]
set border 3
set tics scale 0.5 nomirror
set grid ytics linetype 1 linewidth 0.6 linecolor rgb grid_ink
set ylabel axis textcolor rgb ink
set xlabel 'days' textcolor rgb ink
unset key
do for [k = 1:lines] {
	set label 10 + k variants[k] at screen entry_x(k) + 18.0 / width, screen entry_y(k) textcolor rgb okabe[(k - 1) % 8 + 1]
}
plot for [k = 1:lines] data using (column("n") == k ? column("day") : NaN):"value" \
          with points pointtype 7 pointsize 0.35 linecolor rgb okabe[(k - 1) % 8 + 1], \
     for [k = 1:lines] data using (column("n") == k ? column("day") : NaN):"level" \
          with steps linewidth 1.6 linecolor rgb okabe[(k - 1) % 8 + 1], \
     for [k = 1:lines] data using (column("n") == k && valid(7) ? column("day") : NaN):"change" \
          with points pointtype 6 pointsize 1.3 linewidth 1.5 linecolor rgb okabe[(k - 1) % 8 + 1], \
     for [k = 1:lines] data using (column("n") == k && valid(7) && valid(9) ? column("day") : NaN):"change" \
          with points pointtype 7 pointsize 1.3 linecolor rgb okabe[(k - 1) % 8 + 1], \
     for [k = 1:lines] data using (column("n") == k && valid(7) && strlen(stringcolumn("label")) > 3 ? column("day") : NaN):"change":"label" \
          with labels right offset -0.8, 0.8 font ',9' textcolor rgb okabe[(k - 1) % 8 + 1]
