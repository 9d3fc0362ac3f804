# SPDX-License-Identifier: Apache-2.0
#
# Turns a text file into a C file that defines it: cmake -DIN=page.css -DNAME=html_css -DOUT=page_css.c -P embed.cmake
file(READ ${IN} text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n\t\"" text "${text}")
file(WRITE ${OUT} "#include \"report/html.h\"\n\nconst char ${NAME}[] =\n\t\"${text}\";\n")
