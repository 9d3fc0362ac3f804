# SPDX-License-Identifier: Apache-2.0
# A small scenario for tests of check: start writes it, run measures it into OUT/s/latest.
good='FROM base:1\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\nRUN make\n'
bad='FROM base:1\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nRUN make\n'
start() {
	mkdir -p s/context/src s/variants
	echo 'print(1)' >s/context/src/main.py
	echo 'print(2)' >s/context/src/view.py
	echo 'flask==3.0' >s/context/requirements.txt
	printf "$good" >s/variants/app.Dockerfile
	cat >s/scenario.yaml <<'Y'
name: s
context: context
bases: { "base:1": { model: { layers: [1MiB] } } }
variants: [ { name: app, dockerfile: variants/app.Dockerfile } ]
edits:
  - { name: source, weight: 9, changes: [ { edit: src/main.py } ] }
  - { name: view, weight: 1, changes: [ { edit: src/view.py } ] }
  - { name: deps, weight: 1, changes: [ { append: requirements.txt, text: "httpx\n" } ] }
run:
  - { match: "*pip*", depends-on: [requirements.txt], takes: 20s, writes: [ { path: /lib, files: 3, bytes: 1MiB } ] }
  - { match: "*make*", takes: 2s, writes: [ { path: /bin/app, bytes: 4kB } ] }
Y
}
run() { # OUT [OPTION…]
	o=$1 && shift
	$LBENCH run --quiet --no-plots --builder warm --out $o "$@" s >/dev/null
}
check() { # OUT [OPTION…]
	o=$1 && shift
	$LBENCH check $o/s/latest "$@" || echo "exit $?"
}
dockerfile() { printf "$1" >s/variants/app.Dockerfile; }
