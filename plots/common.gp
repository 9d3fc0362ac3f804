# SPDX-License-Identifier: Apache-2.0
#
# What all pictures share; loaded by each script, not run by itself. A script is called with
#   ARG1  table and variables without their endings (results/…/plots/heatmap-copy-first)
#   ARG2  file to write
#   ARG3  svg, png or pdf
#   ARG4  light or dark
# and this file is found through the environment variable GNUPLOT_LIB, which holds the directory of the scripts.

set encoding utf8
set datafile separator tab
set datafile columnheaders
load ARG1.'.vars'
data = ARG1.'.tsv'

# Okabe and Ito's colours, which people with the common kinds of colour blindness can tell apart
array okabe[8] = [0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7, 0x56B4E9, 0xD55E00, 0xF0E442, 0x999999]
dark = (ARG4 eq 'dark')
back = dark ? 0x1B1E23 : 0xFFFFFF
ink = dark ? 0xE8E8E8 : 0x202020
faint = dark ? 0x9AA0A6 : 0x6B6B6B
if (dark) {
	okabe[1] = 0x3590D4 # names of lines are written in it, too
}
grid_ink = dark ? 0x3A3F46 : 0xD9D9D9
back_text = dark ? '#1B1E23' : '#FFFFFF'

face = 'DejaVu Sans'
if (ARG3 eq 'svg') {
	set terminal svg noenhanced size width, height fixed font 'DejaVu Sans,Verdana,sans-serif,13' background back_text
}
if (ARG3 eq 'png') {
	set terminal pngcairo noenhanced size 2 * width, 2 * height font face.',13' fontscale 2 linewidth 2 pointscale 2 background back_text
}
if (ARG3 eq 'pdf') {
	set terminal pdfcairo noenhanced size width / 96.0 in, height / 96.0 in font face.',9.75' background back_text
}
set output ARG2

set border lc rgb ink
set tics textcolor rgb ink
set key textcolor rgb ink
set label 1 note at screen 16.0 / width, screen 14.0 / height left textcolor rgb faint font ',9'
set label 2 title at screen 16.0 / width, screen 1 - 24.0 / height left textcolor rgb ink font ',16'
key_y = 1 - 42.0 / height

# a key of our own, entries in rows across the picture, where gnuplot's would keep to the plot's width
pitch = 208.0
per_row = int((width - 32) / pitch) < 1 ? 1 : int((width - 32) / pitch)
key_rows(n) = (n + per_row - 1) / per_row
entry_x(k) = (16.0 + pitch * ((k - 1) % per_row)) / width
entry_y(k) = 1 - (52.0 + 20 * ((k - 1) / per_row)) / height
