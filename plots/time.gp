# SPDX-License-Identifier: Apache-2.0
#
# Where the time of a rebuild goes: a bar for each edit and variant, a segment for each RUN in the order of the
# Dockerfile. Filled: it ran; outlined: the cache spared it. By hand, from the repository's root:
#   GNUPLOT_LIB=plots gnuplot -c plots/time.gp results/python-app/latest/plots/time out.svg svg light
# Columns: y (of the bar), bar (its name), state (run, cached, total), from_s to_s (the segment), y0 y1 (its edges),
# color (1…7: steps[color], 8: other), label (seconds, at the bar's end).

call 'common.gp' ARG1 ARG2 ARG3 ARG4

set lmargin at screen 1.0 * left / width
set rmargin at screen 1 - 84.0 / width
set tmargin at screen 1 - (66.0 + 19 * legend) / height
set bmargin at screen 94.0 / height
set xrange [0:most_s * scale_s]
set yrange [last_y:0.4]
set border 1
set tics scale 0
set ytics font ',9.5'
set xtics nomirror font ',11'
set grid xtics linetype 1 linewidth 0.6 linecolor rgb grid_ink
set xlabel 'RUN '.unit_s textcolor rgb ink
unset key
is(state) = strcol("state") eq state
middle(a, b) = 0.5 * scale_s * (column(a) + column(b))
scaled(a) = scale_s * column(a)

# the key, a line a colour: steps' texts are too long for columns
row_y(k) = 1 - (46.0 + 19 * (k - 1)) / height
do for [k = 1:legend] {
	set object k rectangle from screen 16.0 / width, screen row_y(k) - 6.0 / height to screen 36.0 / width, screen row_y(k) + 6.0 / height \
	    fillstyle solid noborder fillcolor rgb okabe[k < 8 ? k : 8]
	set label 10 + k steps[k] at screen 44.0 / width, screen row_y(k) left textcolor rgb ink font ',11'
}
set object legend fillstyle empty border rgb faint

plot for [k = 1:8] data using (is('run') && column("color") == k ? middle("from_s", "to_s") : NaN):"y":(scaled("from_s")):(scaled("to_s")):"y0":"y1" \
          with boxxyerror fillstyle solid border rgb back fillcolor rgb okabe[k], \
     for [k = 1:8] data using (is('cached') && column("color") == k ? middle("from_s", "to_s") : NaN):"y":(scaled("from_s")):(scaled("to_s")):"y0":"y1" \
          with boxxyerror fillstyle empty linecolor rgb okabe[k], \
     data using (is('total') ? scaled("to_s") : NaN):"y":"label" with labels left offset 0.6, 0 font ',9.5' textcolor rgb ink, \
     data using (is('total') ? 0 : NaN):"y":yticlabel(strcol("bar")) with points pointtype -1
