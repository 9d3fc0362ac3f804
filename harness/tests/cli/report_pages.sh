# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the cases about `lbench report`: makes python-app.html, compare.html (two results, the second with the
# dependencies first), policies.html, sequence.html, project.html (RUNs that nobody knows anything about), hostile.html (a project
# whose texts try to be markup) in the current directory.
run() { $LBENCH run --quiet --no-plots --run dry "$@" >/dev/null; }

run --out r $SOURCE/scenarios/python-app
$LBENCH report r/python-app/latest -o python-app.html

run --out first --builder warm $SOURCE/scenarios/python-app
cp -r $SOURCE/scenarios/python-app python-app
cp python-app/variants/deps-first.Dockerfile python-app/variants/copy-first.Dockerfile
run --out second --builder warm python-app
$LBENCH report first/python-app/latest second/python-app/latest -o compare.html

run --out both --policy classic,buildkit $SOURCE/scenarios/python-app
$LBENCH report both/python-app/latest -o policies.html

$LBENCH report $SOURCE/harness/tests/data/sequence -o sequence.html

mkdir -p project/src && cd project
printf 'FROM node:20 AS build\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\nFROM nginx\nCOPY --from=build /app/dist /srv\nRUN rm -r /tmp/x\n' >Dockerfile
printf '{ "name": "x", "version": "1.0.0" }\n' >package.json
echo 'console.log(1)' >src/a.js
mkdir -p node_modules/x && head -c 90000 /dev/zero >node_modules/x/index.js && head -c 40000 /dev/zero >app.log
echo 'edits: { source: "src/**", dependencies: package.json }' >lbench.yaml
run . && cd ..
$LBENCH report project/.lbench/results/project/latest -o project.html

evil='"><script>alert(1)</script><img src=x onerror=alert(1)>'
mkdir -p "a<b>&c/src" && cd "a<b>&c"
cat >Dockerfile <<END
# $evil --> ]]> </table></code></style>
FROM base
LABEL a='$evil' b="javascript:alert(1)"
COPY . /srv/<b>
RUN echo '$evil' && echo '\`code\`' && printf '\\001\\377 &amp; &lt;'
END
printf 'x\n' >"src/<script>alert(2)<!--.py"
echo 'edits: { source: "src/**" }' >lbench.yaml
run . && cd ..
$LBENCH report "a<b>&c/.lbench/results/"*/latest -o hostile.html
