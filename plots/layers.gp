# SPDX-License-Identifier: Apache-2.0
#
# Layers of each variant's first image, heights in proportion to their compressed bytes. By hand, from the root:
#   GNUPLOT_LIB=plots gnuplot -c plots/layers.gp results/python-app/latest/plots/layers out.svg svg light
# Columns: n (of the stack), variant, line, x0 x1 from_mb to_mb (the box), label_y, base_or_step (0 base, 1 and 2 steps
# in turn), shared (1: another variant's image has this layer too), label.

call 'common.gp' ARG1 ARG2 ARG3 ARG4

set lmargin at screen 104.0 / width
set rmargin at screen 1 - 10.0 / width
set tmargin at screen 1 - (84.0 + 20 * key_rows(|entries|)) / height
set bmargin at screen 46.0 / height
set xrange [0.95:stacks + 0.97]
set yrange [0:top_mb * scale_mb]
set border 2
set tics scale 0.5 nomirror
unset xtics
set ylabel 'compressed, '.unit_mb textcolor rgb ink
array fill[3] = [0x999999, 0x0072B2, 0x56B4E9]
unset key
entry_name(e) = e eq 'base' ? 'base' : e eq 'step' ? "a step's layer" : '◆ in another variant too'
entry_fill(e) = e eq 'base' ? fill[1] : e eq 'step' ? fill[2] : faint
do for [k = 1:|entries|] {
	set object k rectangle from screen entry_x(k), screen entry_y(k) - 7.0 / height to screen entry_x(k) + 20.0 / width, screen entry_y(k) + 7.0 / height \
	    fillcolor rgb entry_fill(entries[k]) fillstyle solid noborder
	set label 100 + k entry_name(entries[k]) at screen entry_x(k) + 28.0 / width, screen entry_y(k) left textcolor rgb ink font ',11'
	if (entries[k] eq 'shared') {
		set object k fillstyle pattern 4 border rgb faint
	}
}
do for [k = 1:stacks] {
	set label 10 + k names[k] at first k, graph 1 offset 0, 0.8 left textcolor rgb ink font ',13'
}
middle(a, b) = 0.5 * (column(a) + column(b))
scaled(a) = column(a) * scale_mb

plot data using (middle("x0", "x1")):(middle("from_mb", "to_mb") * scale_mb):"x0":"x1":(scaled("from_mb")):(scaled("to_mb")):(fill[column("base_or_step") + 1]) \
          with boxxyerror fillstyle solid border rgb back fillcolor rgb variable, \
     data using (column("shared") == 1 ? middle("x0", "x1") : NaN):(middle("from_mb", "to_mb") * scale_mb):"x0":"x1":(scaled("from_mb")):(scaled("to_mb")) \
          with boxxyerror fillstyle transparent pattern 4 border rgb back fillcolor rgb back, \
     data using "x1":(middle("from_mb", "to_mb") * scale_mb):(0.03):((column("label_y") - middle("from_mb", "to_mb")) * scale_mb) \
          with vectors nohead linecolor rgb faint, \
     data using (column("x1") + 0.035):(scaled("label_y")):"label" with labels left font ',10' textcolor rgb ink
