# SPDX-License-Identifier: Apache-2.0
#
# Steps of one variant against edits: what hits, what misses, what was needed. By hand, from the repository's root:
#   GNUPLOT_LIB=plots gnuplot -c plots/heatmap.gp results/python-app/latest/plots/heatmap-copy-first out.svg svg light
# Columns: x y (the cell), edit, step, letter, code (0 none, 1 hit, 2 needed, 3 wasted, 4 need not known, 5 unknown,
# 6 stale, 7 failed).

call 'common.gp' ARG1 ARG2 ARG3 ARG4

# each tells from the others by lightness too, and the letter says it without any colour
array fill[8] = [dark ? 0x2A2E34 : 0xF2F2F2, 0xA9D3EE, 0x0072B2, 0xD55E00, 0xE8B4CF, 0xF0E442, 0x5B2A86, 0x000000]
array text[8] = [faint, 0x10303F, 0xFFFFFF, 0xFFFFFF, 0x40202F, 0x303000, 0xFFFFFF, 0xFFFFFF]
array name[8] = ['– no layer', 'H hit', 'N re-run, needed', 'W re-run, wasted', 'R re-run, need not known', '? unknown', 'S stale hit', 'E failed']

set lmargin at screen 440.0 / width
set rmargin at screen 1 - 24.0 / width
set tmargin at screen 1 - (54.0 + 20 * key_rows(|marks|)) / height
set bmargin at screen 1.0 * foot / height
set xrange [0.5:columns + 0.5]
set yrange [rows + 0.5:0.5]
unset border
set tics scale 0
set xtics rotate by 38 right offset 0, 0.2 font ',11'
set ytics font ',11'
set style fill solid border rgb back
unset key
do for [k = 1:|marks|] {
	set object k rectangle from screen entry_x(k), screen entry_y(k) - 7.0 / height to screen entry_x(k) + 20.0 / width, screen entry_y(k) + 7.0 / height \
	    fillstyle solid noborder fillcolor rgb fill[marks[k] + 1]
	set label 10 + k name[marks[k] + 1] at screen entry_x(k) + 28.0 / width, screen entry_y(k) left textcolor rgb ink font ',11'
}

plot data using "x":"y":(0.47):(0.46):(fill[column("code") + 1]):xticlabel(strcol("edit")):yticlabel(strcol("step")) \
          with boxxyerror fillcolor rgb variable, \
     data using "x":"y":"letter":(text[column("code") + 1]) with labels textcolor rgb variable font ',13'
