# What the program says.
hello=Hello
