/* SPDX-License-Identifier: Apache-2.0
 *
 * RUNs against the catalogue: what each depends on, and which stay unknown and why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "catalog/catalog.h"
#include "scenario/scenario.h"

static struct catalog *read_catalog(const char *dockerfile, const char *context, struct lb_dockerfile **df)
{
	struct lb_err err = { 0 };
	lb_autonode struct lb_node *tree = NULL;
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	struct lb_plan_options o = { 0 };
	struct catalog *c = NULL;
	if (lb_tree_parse(context, &tree, &err) || lb_dockerfile_parse("Dockerfile", dockerfile, strlen(dockerfile), NULL, df, &err) ||
	    lb_build_plan_new(*df, &o, &plan, &err) || catalog_read(plan, tree, &c, &err))
		fail_msg("%s", err.text);
	return c;
}

/* The last RUN: "NAMES | dependencies", or "? why". */
static char *say(const char *dockerfile, const char *context)
{
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	catalog_auto struct catalog *c = read_catalog(dockerfile, context, &df);
	lb_autobuf struct lb_buf out = { 0 };
	const struct catalog_run *r = &c->runs[c->count - 1];
	if (!r->known) {
		lb_buf_addf(&out, "? %s", r->why);
		return lb_buf_steal(&out);
	}
	lb_buf_addf(&out, "%s |", r->what);
	for (size_t i = 0; i < r->model.depends_count; i++)
		lb_buf_addf(&out, " %s", r->model.depends[i]);
	return lb_buf_steal(&out);
}

#define F(path) "f 0644 0:0 @1 " path " = x\n"
static const char python[] = F("README.md") F("app/main.py") F("main.py") F("requirements.txt") F("pyproject.toml") F("poetry.lock");
static const char nested[] = "f 0644 0:0 @1 reqs/dev.txt = -r base.txt\n" F("reqs/base.txt") F("a.py");

static const char node[] = F("Dockerfile") "f 0644 0:0 @1 package.json = {\"scripts\": {\"build\": \"tsc\"}}\n" F("package-lock.json")
	F("src/index.ts") F("web/package.json") F("web/package-lock.json");
static const char hooks[] =
	"f 0644 0:0 @1 package.json = {\"scripts\": {\"postinstall\": \"patch-package\"}}\n" F("package-lock.json") F("src/index.ts");
static const char workspaces[] = "f 0644 0:0 @1 package.json = {\"workspaces\": [\"packages/*\"]}\n" F("packages/api/package.json")
	F("packages/web/index.ts") F("packages/web/package.json") F("pnpm-lock.yaml") F("yarn.lock");
static const char go[] = F("README.md") F("cmd/main.go") F("go.mod") F("go.sum");
static const char stamped[] = F(".git/HEAD") F(".github/ci.yml") F("Dockerfile") F("cmd/main.go") F("go.mod") F("go.sum");
#define WEB(script, config)                                                                                                    \
	F(".git/HEAD") "f 0644 0:0 @1 package.json = {\"repository\": {\"type\": \"git\"}, \"scripts\": {\"build\": \"" script "\"}}\n" config \
		F("scripts/build.js") F("src/main.ts")
static const char web[] = WEB("vite build", F("vite.config.js"));
static const char stamped_web[] = WEB("vite build", "f 0644 0:0 @1 vite.config.js = execSync('git rev-parse HEAD')\n");
static const char asked_web[] = WEB("VERSION=$(git describe) vite build", "");
static const char scm[] = F(".git/HEAD") "f 0644 0:0 @1 pyproject.toml = requires = [\"setuptools_scm\"]\n" F("src/a.py");
static const char plain_py[] = F(".git/HEAD") "f 0644 0:0 @1 pyproject.toml = requires = [\"hatchling\"]\n" F("src/a.py");
static const char c_stamped[] = F(".git/HEAD") "f 0644 0:0 @1 Makefile = V = $(shell git describe --always)\n" F("main.c");
static const char rust[] = F("Cargo.lock") F("Cargo.toml") F("src/main.rs");
static const char java[] = F("build.gradle") F("gradlew") F("mvnw") F("pom.xml") F("settings.gradle") F("src/Main.java");
static const char php[] = F("composer.json") F("composer.lock") F("src/Front.php");
static const char ruby[] = F("Gemfile") F("Gemfile.lock") F("app.rb");
static const char cmake[] = F("CMakeLists.txt") F("README.md") F("src/main.c");

static const char parts[] = "f 0644 0:0 @1 reqs.txt = -rmore.txt\n"
			    "f 0644 0:0 @1 more.txt = flask @ file:///a/lib\n" F("lib/l.py") F("wheels/x.whl");
static const char paths[] = "f 0644 0:0 @1 pyproject.toml = x = { path = \"lib\" }\n" F("poetry.lock") F("lib/l.py");
static const char members[] = "f 0644 0:0 @1 package.json = {\"workspaces\": [\"p\"]}\n" F("package-lock.json")
	F("x.js") "f 0644 0:0 @1 p/package.json = {\"scripts\": {\"prepare\": \"tsc\"}}\n";
static const char file_dependency[] =
	"f 0644 0:0 @1 package.json = {\"dependencies\": {\"l\": \"file:lib\"}}\n" F("package-lock.json") F("lib/l.js");
static const char gem[] = "f 0644 0:0 @1 Gemfile = gemspec\n" F("Gemfile.lock") F("lib/v.rb") F("x.gemspec");
static const char net[] = F("app.sln") F("a/a.csproj") F("Directory.Packages.props") F("a/A.cs");

static const struct {
	const char *context, *dockerfile, *expected;
} cases[] = {
	{ python, "FROM p\nWORKDIR /a\nCOPY pyproject.toml ./\nCOPY app ./app\nRUN pip install --no-deps .",
	  "pip install | pyproject.toml app world:pypi" },
	{ parts, "FROM p\nWORKDIR /a\nCOPY . .\nRUN pip install -r reqs.txt", "pip install | reqs.txt more.txt lib wheels world:pypi" },
	{ parts, "FROM p\nWORKDIR /a\nCOPY wheels wheels\nRUN pip install --no-index --find-links=wheels flask",
	  "pip install | wheels world:pypi" },
	{ paths, "FROM p\nWORKDIR /a\nCOPY . .\nRUN poetry install --no-root", "poetry install | pyproject.toml poetry.lock lib" },
	{ members, "FROM n\nWORKDIR /a\nCOPY . .\nRUN npm ci", "npm ci | package.json package-lock.json p *.js" },
	{ file_dependency, "FROM n\nWORKDIR /a\nCOPY . .\nRUN npm ci", "npm ci | package.json package-lock.json lib" },
	{ gem, "FROM r\nWORKDIR /a\nCOPY . .\nRUN bundle install", "bundle install | Gemfile Gemfile.lock x.gemspec lib" },
	{ net, "FROM d\nWORKDIR /a\nCOPY . .\nRUN dotnet restore",
	  "dotnet restore | Directory.Packages.props a/a.csproj app.sln world:nuget" },
	{ node, "FROM n\nWORKDIR /a\nCOPY . .\nRUN npm prune --omit=dev", "npm prune | package.json package-lock.json" },
	{ node, "FROM n AS b\nWORKDIR /a\nCOPY . .\nRUN npm run build\nFROM x\nCOPY --from=b /a/dist /d\nRUN chmod -R a+rX /d",
	  "chmod | package-lock.json package.json src web" },
	{ node, "FROM n AS b\nWORKDIR /a\nCOPY . .\nRUN ./unknown\nFROM x\nCOPY --from=b /a /a\nWORKDIR /a\nRUN useradd u && chown u:u log",
	  "chown | package-lock.json package.json src web" },
	{ node, "FROM n\nRUN npm --version", "npm |" },
	{ java, "FROM m\nWORKDIR /s\nCOPY gradlew .\nRUN ./gradlew --version", "gradle --version | gradlew world:gradle" },
	{ java, "FROM m\nWORKDIR /s\nCOPY pom.xml .\nCOPY mvnw /ci/s.xml\nRUN mvn -s /ci/s.xml -B dependency:go-offline",
	  "mvn dependency:go-offline | mvnw pom.xml world:maven-central" },
	{ php, "FROM php:8.3-apache\nRUN apt-get update\nCOPY . /var/www/html\nRUN composer install --no-dev",
	  "composer install | composer.json composer.lock" },
	{ php, "FROM docker.io/library/php:8.3-cli\nCOPY . /var/www/html\nRUN composer install --no-dev",
	  "? `composer install` finds none of composer.json among the files that a COPY brought" },
	{ cmake, "FROM d\nWORKDIR /a\nCOPY src src\nCOPY README.md .\nRUN <<E\nset -e\nchown -R www /a\nE", "chown | src README.md" },
	{ cmake, "FROM d\nCOPY . /a\nRUN chown -R www /a", "chown | CMakeLists.txt README.md src" },
	{ cmake, "FROM d\nCOPY src/main.c /usr/local/share/ca-certificates/c.crt\nRUN update-ca-certificates",
	  "update-ca-certificates | src/main.c" },
	{ cmake, "FROM d\nCOPY src/main.c /bin/m\nRUN setcap cap_net_bind_service=+ep /bin/m", "setcap | src/main.c" },
	{ cmake, "FROM d\nRUN apt-get install -y gcc\nRUN curl -O https://example.org/x.tgz && tar xzf x.tgz && install -d /o",
	  "curl + tar + install | world:example.org" },
	{ cmake, "FROM d\nRUN curl -O https://example.org/x.tgz\nRUN tar -x -f x.tgz", "tar | world:example.org" },
	{ cmake, "FROM d\nCOPY src/main.c /x.tgz\nRUN tar -x -f /x.tgz -C /opt", "tar | src/main.c" },
	{ cmake, "FROM d\nCOPY src/main.c /m.c\nRUN sed -i -e s/a/b/ -e s,/c,d, /m.c && cp /m.c /n.c", "sed + cp | src/main.c" },
	{ python, "FROM p\nCOPY requirements.txt .\nRUN pip install -r requirements.txt", "pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nWORKDIR /a\nCOPY . .\nRUN pip3 install --no-cache-dir -rrequirements.txt",
	  "pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nWORKDIR /a\nCOPY . .\nRUN cd app && pip install --requirement=../requirements.txt",
	  "pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nWORKDIR /a\nCOPY . .\nRUN (cd app && true); python3 -m pip install -r requirements.txt",
	  "pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nRUN pip install -r requirements.txt", "? `requirements.txt` is not among the files that a COPY brought" },
	{ python, "FROM p\nRUN --mount=type=bind,source=requirements.txt,target=/r.txt pip install -r /r.txt",
	  "pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nRUN pip install flask", "pip install | world:pypi" },
	{ python, "FROM p\nWORKDIR /a\nCOPY . .\nRUN pip install .",
	  "pip install | app *.py poetry.lock pyproject.toml requirements.txt README.md world:pypi" },
	{ python, "FROM p\nWORKDIR /a\nCOPY . .\nRUN pip install -e '.[dev]'",
	  "pip install | app *.py poetry.lock pyproject.toml requirements.txt README.md world:pypi" },
	{ nested, "FROM p\nWORKDIR /a\nCOPY reqs reqs\nRUN pip install -r reqs/dev.txt",
	  "pip install | reqs/dev.txt reqs/base.txt world:pypi" },
	{ nested, "FROM p\nWORKDIR /a\nCOPY reqs reqs\nRUN pip install -r reqs/dev.txt && ./configure",
	  "? `./configure` is not in the catalogue" },
	{ python, "FROM p\nWORKDIR /a\nCOPY pyproject.toml poetry.lock ./\nRUN poetry install --no-root",
	  "poetry install | pyproject.toml poetry.lock" },
	{ python, "FROM p\nWORKDIR /a\nCOPY pyproject.toml ./\nRUN poetry install --no-root",
	  "poetry install | pyproject.toml world:pypi" },
	{ python, "FROM p\nWORKDIR /a\nCOPY . .\nRUN poetry install",
	  "poetry install | pyproject.toml poetry.lock app *.py requirements.txt README.md" },
	{ python, "FROM p\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*",
	  "apt-get update + apt-get install | world:apt-index" },
	{ python, "FROM p\nRUN <<E\napt-get update\napt-get install -y curl\nE", "apt-get update + apt-get install | world:apt-index" },
	{ python, "FROM p\nRUN [\"pip\", \"install\", \"flask\"]", "pip install | world:pypi" },
	{ python, "FROM p\nRUN sh -c 'pip install flask'", "pip install | world:pypi" },
	{ python, "FROM p\nCOPY . .\nRUN if [ -f x ]; then pip install flask; fi", "? a condition or loop (`if`)" },
	{ python, "FROM p\nRUN curl -fsSL https://example.org/x | sh", "? `sh` is not in the catalogue" },
	{ python, "FROM p\nRUN curl -fsSL https://example.org/x -o /x", "curl | world:example.org" },
	{ python, "FROM p\nARG R=requirements.txt\nCOPY . .\nRUN pip install -r $R", "pip install | requirements.txt world:pypi" },
	{ python, "FROM p AS a\nWORKDIR /a\nCOPY requirements.txt .\nFROM a\nRUN FOO=1 pip install -r requirements.txt",
	  "pip install | requirements.txt world:pypi" },
	{ python, "FROM p AS a\nCOPY requirements.txt /deps/\nFROM q\nCOPY --from=a /deps /d\nRUN pip install -r /d/requirements.txt",
	  "pip install | requirements.txt world:pypi" },
	{ node, "FROM n\nWORKDIR /a\nCOPY package.json package-lock.json ./\nRUN npm ci", "npm ci | package.json package-lock.json" },
	{ node, "FROM n\nWORKDIR /a\nCOPY package*.json ./\nRUN npm ci --omit=dev && npm cache clean --force",
	  "npm ci | package.json package-lock.json" },
	{ node, "FROM n\nWORKDIR /a\nCOPY package.json ./\nRUN npm ci",
	  "? `npm ci` finds none of package-lock.json npm-shrinkwrap.json among the files that a COPY brought" },
	{ node, "FROM n\nWORKDIR /a\nCOPY package.json ./\nRUN npm install", "npm install | package.json world:npm" },
	{ node, "FROM n\nWORKDIR /a\nCOPY . .\nRUN npm --prefix web ci", "npm ci | web/package.json web/package-lock.json" },
	{ node, "FROM n\nWORKDIR /a\nCOPY . .\nRUN npm ci\nRUN npm run build", "npm run | package-lock.json package.json src web" },
	{ node, "FROM n\nRUN npm install -g pnpm@9", "npm install | world:npm" },
	{ hooks, "FROM n\nWORKDIR /a\nCOPY . .\nRUN npm ci", "npm ci | package.json package-lock.json src" },
	{ hooks, "FROM n\nWORKDIR /a\nCOPY . .\nRUN npm ci --ignore-scripts", "npm ci | package.json package-lock.json" },
	{ hooks,
	  "FROM n AS d\nWORKDIR /a\nCOPY package*.json ./\nRUN npm ci --ignore-scripts\nFROM n\nWORKDIR /a\nCOPY src src\n"
	  "COPY --from=d /a/node_modules node_modules\nRUN npm run build",
	  "npm run | src package.json package-lock.json" },
	{ workspaces, "FROM n\nWORKDIR /a\nCOPY package.json yarn.lock ./\nCOPY packages/web/package.json packages/web/\nRUN yarn",
	  "yarn install | package.json yarn.lock packages/web/package.json" },
	{ workspaces, "FROM n\nWORKDIR /a\nCOPY . .\nRUN yarn install --frozen-lockfile",
	  "yarn install | package.json yarn.lock packages/api/package.json packages/web/package.json" },
	{ workspaces, "FROM n\nWORKDIR /a\nCOPY . .\nRUN yarn --cwd packages/web build",
	  "yarn run | package.json packages pnpm-lock.yaml yarn.lock" },
	{ workspaces, "FROM n\nCOPY . .\nRUN corepack enable && pnpm install --frozen-lockfile",
	  "corepack + pnpm install | package.json pnpm-lock.yaml packages/api/package.json packages/web/package.json" },
	{ go, "FROM g\nWORKDIR /s\nCOPY go.mod go.sum ./\nRUN go mod download", "go mod download | go.mod go.sum" },
	{ go, "FROM g\nWORKDIR /s\nCOPY . .\nRUN CGO_ENABLED=0 GOOS=linux go build -ldflags \"-s -w\" -o /out/s ./cmd",
	  "go build | cmd go.mod go.sum" },
	{ go, "FROM g\nWORKDIR /s\nCOPY . .\nRUN go mod tidy", "? `go mod` is not in the catalogue" },
	{ go, "FROM g\nRUN go install example.org/tool@v1", "go install | world:go-proxy" },
	{ go, "FROM g\nWORKDIR /s\nCOPY . .\nRUN make -j$(nproc) all", "make | cmd go.mod go.sum" },
	{ go, "FROM g\nWORKDIR /s\nCOPY . .\nRUN make -C cmd && ./run-tests", "? `./run-tests` is not in the catalogue" },
	{ go, "FROM g\nRUN make all", "? `make` reads no file that a COPY brought" },
	{ rust, "FROM r\nWORKDIR /s\nCOPY Cargo.toml Cargo.lock ./\nRUN cargo fetch --locked", "cargo fetch | Cargo.toml Cargo.lock" },
	{ rust, "FROM r\nWORKDIR /s\nCOPY . .\nRUN cargo build --release", "cargo build | Cargo.lock Cargo.toml src" },
	{ rust, "FROM r\nRUN cargo install cargo-chef", "cargo install | world:crates" },
	{ java, "FROM m\nWORKDIR /s\nCOPY pom.xml .\nRUN mvn -B dependency:go-offline",
	  "mvn dependency:go-offline | pom.xml world:maven-central" },
	{ java, "FROM m\nWORKDIR /s\nCOPY pom.xml .\nCOPY src src\nRUN mvn -B -f pom.xml package -DskipTests",
	  "mvn package | pom.xml src world:maven-central" },
	{ java, "FROM m\nWORKDIR /s\nCOPY . .\nRUN ./gradlew --no-daemon bootJar",
	  "gradle build | build.gradle gradlew mvnw pom.xml settings.gradle src world:maven-central" },
	{ php, "FROM c\nWORKDIR /s\nCOPY composer.* ./\nRUN composer install --no-dev --no-scripts --prefer-dist",
	  "composer install | composer.json composer.lock" },
	{ php, "FROM c\nWORKDIR /s\nCOPY . .\nRUN composer install --no-dev --optimize-autoloader",
	  "composer install | composer.json composer.lock src" },
	{ php, "FROM c\nRUN docker-php-ext-install pdo_mysql gd && a2enmod rewrite", "docker-php-ext-install |" },
	{ ruby, "FROM b\nWORKDIR /s\nCOPY Gemfile Gemfile.lock ./\nRUN bundle config set without test && bundle install -j4",
	  "bundle + bundle install | Gemfile Gemfile.lock" },
	{ cmake, "FROM d\nCOPY . /src\nRUN cmake -S /src -B /build -G Ninja && ninja -C /build", "cmake + ninja | CMakeLists.txt src" },
	{ cmake, "FROM d\nCOPY src /src/src\nCOPY CMakeLists.txt /src/\nRUN cmake -S /src -B /build && cmake --build /build",
	  "cmake | src CMakeLists.txt" },
	{ cmake, "FROM d\nRUN apk add --no-cache gcc musl-dev", "apk add | world:apk-index" },
	{ cmake, "FROM d\nRUN dnf install -y gcc && dnf clean all", "dnf install | world:dnf-index" },
	{ cmake, "FROM d\nCOPY src/main.c /m.c\nRUN chmod 0755 /m.c", "chmod | src/main.c" },
	{ cmake, "FROM d\nRUN useradd --create-home app && mkdir -p /data && chown app /data", "chown |" },
	{ cmake, "FROM d\nCOPY src /s\nRUN cp -r /s /t", "cp | src" },
	{ cmake, "FROM d\nRUN set -eux; apt-get update; apt-get install -y --no-install-recommends \\\n  gcc \\\n  make",
	  "apt-get update + apt-get install | world:apt-index" },
	{ cmake, "FROM d\nRUN apt-get install -y ./x.deb", "? `./x.deb` is not among the files that a COPY brought" },
	{ cmake, "FROM d\nSHELL [\"powershell\", \"-c\"]\nRUN Get-Item x", "? the shell `powershell`" },
	{ cmake, "FROM d\nRUN <<E\n#!/usr/bin/env python3\nprint(1)\nE", "? a script that is not a shell's" },
	{ cmake, "FROM d\nRUN for i in 1 2; do make; done", "? a condition or loop (`for`)" },
	{ cmake, "FROM d\nRUN cd $NOWHERE && make", "? a directory that is not known (`cd $NOWHERE`)" },
	{ python,
	  "FROM p AS e\nWORKDIR /a\nCOPY pyproject.toml poetry.lock ./\nRUN poetry export -o requirements.txt\nFROM p\n"
	  "COPY --from=e /a/requirements.txt /\nRUN pip install -r /requirements.txt",
	  "pip install | pyproject.toml poetry.lock world:pypi" },
	{ python, "FROM p AS e\nWORKDIR /a\nCOPY . .\nRUN ./make-requirements\nRUN pip install -r made.txt",
	  "? `made.txt` is not among the files that a COPY brought" },
	{ python, "FROM p\nCOPY requirements.txt .\nRUN python -m venv /v && . /v/bin/activate && pip install -r requirements.txt",
	  "pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nCOPY . .\nRUN pip install $(cat requirements.txt)", "cat + pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nCOPY . .\nRUN cat requirements.txt | xargs pip install", "? `xargs pip` is not in the catalogue" },
	{ python, "FROM p\nCOPY . .\nRUN pip install -r requirements.txt && python manage.py collectstatic --noinput",
	  "pip install + manage.py | requirements.txt world:pypi app *.py poetry.lock pyproject.toml" },
	{ python, "FROM p\nCOPY . .\nRUN pip install --no-cache-dir -r requirements.txt || true",
	  "pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nCOPY . .\nRUN pip install -r <(sort requirements.txt)", "? `pip install` is not in the catalogue" },
	{ python, "FROM p\nCOPY . .\nRUN bash -euo pipefail -c \"pip install -r requirements.txt\"",
	  "pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nCOPY . .\nRUN pip install -r 'requirements.txt' \"flask>=2\" # comment ; make",
	  "pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nCOPY . .\nRUN uv pip install --system -r requirements.txt", "uv pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nCOPY . .\nRUN uv pip compile requirements.txt", "? `uv pip` is not in the catalogue" },
	{ python, "FROM p\nCOPY app /app\nCOPY requirements.txt /app/\nWORKDIR /app\nRUN pip install -r requirements.txt",
	  "pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nCOPY app/main.py requirements.txt /x/\nRUN pip install -r /x/requirements.txt",
	  "pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nCOPY requirements.txt /x\nRUN pip install -r /x", "pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nCOPY require*.txt /x/\nRUN pip install -r /x/requirements.txt", "pip install | requirements.txt world:pypi" },
	{ python, "FROM p\nCOPY --parents app/main.py /x/\nRUN sed -i s/a/b/ /x/app/main.py", "sed | app/main.py" },
	{ stamped, "FROM g\nWORKDIR /s\nCOPY . .\nRUN go build ./cmd", "go build | .git cmd go.mod go.sum" },
	/* what builds does not read the repository, unless it says so somewhere */
	{ web, "FROM n\nWORKDIR /s\nCOPY . .\nRUN npm run build", "npm run | package.json scripts src *.js" },
	{ stamped_web, "FROM n\nWORKDIR /s\nCOPY . .\nRUN npm run build", "npm run | .git package.json scripts src *.js" },
	{ asked_web, "FROM n\nWORKDIR /s\nCOPY . .\nRUN npm run build", "npm run | .git package.json scripts src" },
	{ web, "FROM n\nWORKDIR /s\nCOPY . .\nRUN chown -R n src", "chown | .git package.json scripts src *.js" },
	{ web, "FROM n\nWORKDIR /s\nCOPY .git .git\nCOPY src src\nRUN npm run build", "npm run | .git src" },
	{ scm, "FROM p\nWORKDIR /s\nCOPY . .\nRUN pip install .", "pip install | .git pyproject.toml src world:pypi" },
	{ plain_py, "FROM p\nWORKDIR /s\nCOPY . .\nRUN pip install .", "pip install | pyproject.toml src world:pypi" },
	{ c_stamped, "FROM d\nCOPY . /s\nRUN make -C /s", "make | .git Makefile *.c" },
	{ java, "FROM m\nWORKDIR /s\nCOPY pom.xml mvnw ./\nRUN ./mvnw -B dependency:go-offline",
	  "mvn dependency:go-offline | pom.xml world:maven-central mvnw" },
	{ workspaces, "FROM n\nWORKDIR /a\nCOPY . .\nRUN pnpm --filter web build",
	  "pnpm run | package.json packages pnpm-lock.yaml yarn.lock" },
	{ workspaces, "FROM n\nWORKDIR /a\nCOPY . .\nRUN npx turbo run build",
	  "npx | package.json packages pnpm-lock.yaml yarn.lock world:npm" },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autofree char *got = say(cases[i].dockerfile, cases[i].context);
		if (strcmp(got, cases[i].expected) != 0)
			print_message("got %s\n", got);
	}
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autofree char *got = say(cases[i].dockerfile, cases[i].context);
		assert_string_equal(got, cases[i].expected);
	}
}

/* Where a build's result lies is what later stages say, not where it usually would. */
static void test_outputs(void **state)
{
	static const char dockerfile[] = "FROM d AS b\nCOPY . /src\nRUN cmake -S /src -B /build && ninja -C /build\nFROM d\n"
					 "COPY --from=b /build/count /build/lib*.so /usr/bin/\n";
	(void)state;
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	catalog_auto struct catalog *c = read_catalog(dockerfile, cmake, &df);
	const struct lb_model *m = &c->runs[0].model;
	assert_int_equal(m->writes_count, 2);
	assert_string_equal(m->writes[0].path, "/build/count");
	assert_string_equal(m->writes[1].path, "/build/libx.so");
	assert_true(m->writes[0].single && m->writes[1].single);
	assert_ptr_equal(catalog_find(c, c->runs[0].in), &c->runs[0]);
	assert_null(catalog_find(c, &df->instructions[0]));
}

static void test_missing(void **state)
{
	(void)state;
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	catalog_auto struct catalog *c = read_catalog("FROM d\nCOPY *.none /\nCOPY src dist /x/\n", cmake, &df);
	assert_string_equal(c->missing, "dist");
	assert_int_equal(c->missing_line, 3);
}

/* One text has one rule: what the RUNs of that text depend on together. */
static void test_equal_texts(void **state)
{
	static const char dockerfile[] =
		"FROM p AS a\nCOPY reqs/base.txt /r.txt\nRUN pip install -r /r.txt\n"
		"FROM p\nCOPY reqs/dev.txt /r.txt\nCOPY reqs/base.txt /base.txt\nCOPY --from=a /x /x\nRUN pip install -r /r.txt\n";
	(void)state;
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	catalog_auto struct catalog *c = read_catalog(dockerfile, nested, &df);
	assert_int_equal(c->count, 2);
	assert_true(c->runs[0].known && c->runs[1].known);
	assert_int_equal(c->runs[0].model.depends_count, 3);
	assert_int_equal(c->runs[1].model.depends_count, 3);
}

static void test_yaml(void **state)
{
	static const char dockerfile[] =
		"FROM python:3.12-slim\nWORKDIR /a\nCOPY . .\n"
		"RUN --mount=type=cache,target=/root/.cache/pip pip install \\\n  -r requirements.txt \"x>1\"\nRUN cp -r app /t\n";
	static const char expected[] =
		"  # pip install, 1 package of requirements.txt: a typical value, not measured here\n"
		"  - match: \"RUN --mount=type=cache,target=/root/.cache/pip pip install*-r requirements.txt \\\"x>1\\\"\"\n"
		"    depends-on: [requirements.txt, \"world:pypi\"]\n"
		"    takes: { cold: 2.5s, warm-mount: 1.4s }\n"
		"    writes:\n"
		"      - { path: /usr/local/lib/python3.12/site-packages, files: 60, bytes: 1.5MiB, compresses-to: 0.31 }\n"
		"  # cp: a typical value, not measured here\n"
		"  - match: \"RUN cp -r app /t\"\n"
		"    depends-on: [app, \"*.py\", poetry.lock, pyproject.toml, requirements.txt, \"world:pypi\"]\n"
		"    takes: 0.3s\n"
		"    # no `writes`: how many bytes it leaves is not known\n";
	(void)state;
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	catalog_auto struct catalog *c = read_catalog(dockerfile, python, &df);
	lb_autobuf struct lb_buf out = { 0 };
	catalog_yaml(&c->runs[0], &out);
	catalog_yaml(&c->runs[1], &out);
	assert_string_equal(lb_buf_str(&out), expected);
	static const char *const texts[][2] = { { "yes", "\"yes\"" },   { "a b", "\"a b\"" },       { "1", "\"1\"" },
						{ "", "\"\"" },         { "src/a.py", "src/a.py" }, { "*.py", "\"*.py\"" },
						{ "a: b", "\"a: b\"" }, { "#x", "\"#x\"" } };
	for (size_t i = 0; i < LB_COUNT(texts); i++) {
		lb_buf_clear(&out);
		catalog_yaml_text(texts[i][0], &out);
		assert_string_equal(lb_buf_str(&out), texts[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_cases), cmocka_unit_test(test_outputs), cmocka_unit_test(test_missing),
					    cmocka_unit_test(test_equal_texts), cmocka_unit_test(test_yaml) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
