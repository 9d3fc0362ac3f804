/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/table.h"

#include <string.h>

#include "lbench/mem.h"

bool catalog_listed(const char *list, const char *word)
{
	size_t len = strlen(word);
	for (const char *p = list; p && *p && len;) {
		size_t n = strcspn(p, " ");
		if (n == len && memcmp(p, word, n) == 0)
			return true;
		p += n + (p[n] == ' ');
	}
	return false;
}

static const struct catalog_tool tools[] = {
	{ "pip",
	  "-i --index-url --extra-index-url -f --find-links -t --target --prefix --root --trusted-host --platform --python-version "
	  "--cache-dir --timeout --retries --progress-bar --only-binary --no-binary -w --wheel-dir -d --dest --src --upgrade-strategy "
	  "--use-feature",
	  NULL, "-r --requirement -c --constraint" },
	{ "poetry", "--only --with --without -E --extras -f --format -o --output", "-C --directory -P --project", NULL },
	{ "uv",
	  "--extra --group --no-group --only-group --python -p --index-url --extra-index-url -i --index --default-index --target --prefix "
	  "--package --link-mode --no-install-package -o --output-file",
	  "--project --directory", "-r --requirement --requirements -c --constraint --constraints" },
	{ "pipenv", "--python --categories", NULL, NULL },
	{ "pdm", "-G --group -L --lockfile", "-p --project", NULL },
	{ "npm", "--registry --loglevel --cache --omit --include -w --workspace --userconfig --audit-level --before --tag --fetch-timeout",
	  "-C --prefix", NULL },
	{ "yarn", "--cache-folder --registry --network-timeout --network-concurrency --mutex --modules-folder", "--cwd", NULL },
	{ "pnpm", "--filter -F --store-dir --registry --reporter --loglevel", "-C --dir", NULL },
	{ "bun", "--registry --cache-dir --filter", "--cwd", NULL },
	{ "npx corepack", "-p --package -c --call", NULL, NULL },
	{ "go", "-o -ldflags -tags -gcflags -asmflags -mod -p -trimpath= -buildmode -run -count -timeout", "-C", NULL },
	{ "cargo",
	  "--target --target-dir -p --package --bin --features -F --profile -j --jobs --registry --root --example --git --tag --rev "
	  "--branch --version",
	  "--manifest-path --path -C", NULL },
	{ "mvn", "-P --activate-profiles -T --threads -s --settings -pl --projects -l --log-file", "-f --file", NULL },
	{ "gradle", "-x --exclude-task -P -D --console --max-workers -g --gradle-user-home", "-p --project-dir -b --build-file", NULL },
	{ "composer", "", "-d --working-dir", NULL },
	{ "bundle", "-j --jobs --path --without --with --retry", NULL, "--gemfile" },
	{ "gem", "-v --version -i --install-dir -s --source", NULL, NULL },
	{ "dotnet", "-c --configuration -o --output -r --runtime -f --framework -v --verbosity -a --arch --os -s --source", NULL, NULL },
	{ "mix rebar3", "--only", NULL, NULL },
	{ "apt-get apt aptitude apk dnf microdnf yum tdnf zypper",
	  "-o --option -t --target-release -X --repository -c --config-file --setopt --enablerepo --disablerepo --releasever --installroot "
	  "--virtual",
	  NULL, NULL },
	{ "make gmake", "-j -l -o -W -I", "-C --directory", NULL },
	{ "ninja", "-j -l -k -d -t", NULL, NULL },
	{ "cmake", "-G -D -B -S -j --target -t --config --parallel --install-prefix -C", NULL, NULL },
	{ "meson bazel", "-C -D --prefix --buildtype", NULL, NULL },
	{ "curl",
	  "-o --output -H --header -d --data -u --user -X --request -A --retry --retry-delay --connect-timeout -m --max-time --proto", NULL,
	  NULL },
	{ "wget", "-O --output-document -P --directory-prefix --header -T --timeout -t --tries", NULL, NULL },
	{ "git", "-b --branch --depth -c -C", NULL, NULL },
	{ "useradd groupadd adduser addgroup usermod groupmod", "-u -g -G -d -s -c -S -h --uid --gid --home --shell --groups", NULL, NULL },
	{ "install", "-m -o -g -t --target-directory", NULL, NULL },
	{ "tar", "-C --directory", NULL, "-f --file" },
	{ "unzip", "-d", NULL, NULL },
	{ "sed grep", "-e --expression", NULL, "-f --file" },
	{ "setfacl", "-m -x --modify --remove", NULL, NULL },
	{ "cp mv", "-t --target-directory", NULL, NULL },
	{ "python", "-m -c", NULL, NULL },
};

#define PYPI "world:pypi"
#define NPM  "world:npm"
#define SITE "SITE"

static const struct catalog_row rows[] = {
	/* name, tool, verbs, flags, reads, needs, locks, below, below_if, world, ms…, packages, path, files, kib, each…, ratio, cache */
	{ "pip install", "pip", "install", NAMED | NAMES_ARE_FILES | COUNTED | WORLD_ALWAYS, .world = PYPI, .ms = 1600, .each_ms = 900,
	  .warm_ms = 1200, .warm_each_ms = 250, .packages = 1, .path = SITE, .each_files = 60, .each_kib = 1500, .compresses_to = 0.31,
	  .cache = "/root/.cache/pip", .cache_each_kib = 500 },
	{ "pip wheel", "pip", "wheel download", NAMED | NAMES_ARE_FILES | COUNTED | WORLD_ALWAYS, .world = PYPI, .ms = 1600,
	  .each_ms = 1200, .warm_ms = 1200, .warm_each_ms = 300, .packages = 1, .path = "wheels", .each_files = 1, .each_kib = 500,
	  .compresses_to = 0.97, .cache = "/root/.cache/pip", .cache_each_kib = 500 },
	{ "pip", "pip", "cache config check list --version", 0, .ms = 400 },
	{ "poetry install", "poetry", "install sync", ITSELF, "pyproject.toml poetry.lock poetry.toml", "pyproject.toml", "poetry.lock",
	  .world = PYPI, .ms = 2500, .each_ms = 500, .warm_ms = 2000, .warm_each_ms = 120, .packages = 40, .path = SITE, .each_files = 60,
	  .each_kib = 1500, .compresses_to = 0.31, .cache = "/root/.cache/pypoetry/cache", .cache_each_kib = 500 },
	{ "poetry export", "poetry", "export", 0, "pyproject.toml poetry.lock poetry.toml", "pyproject.toml", "poetry.lock", .world = PYPI,
	  .ms = 1500 },
	{ "poetry", "poetry", "config cache self env --version", 0, .ms = 800 },
	{ "uv sync",
	  "uv",
	  "sync",
	  ITSELF,
	  "pyproject.toml uv.lock .python-version",
	  "pyproject.toml",
	  "uv.lock",
	  "pyproject.toml",
	  "[tool.uv.workspace]",
	  .world = PYPI,
	  .ms = 500,
	  .each_ms = 90,
	  .warm_ms = 250,
	  .warm_each_ms = 15,
	  .packages = 40,
	  .path = ".venv",
	  .each_files = 60,
	  .each_kib = 1500,
	  .compresses_to = 0.31,
	  .cache = "/root/.cache/uv",
	  .cache_each_kib = 1500 },
	{ "uv pip install", "uv", "pip", NAMED | NAMES_ARE_FILES | COUNTED | WORLD_ALWAYS, .world = PYPI, .ms = 500, .each_ms = 150,
	  .warm_ms = 250, .warm_each_ms = 20, .packages = 1, .path = SITE, .each_files = 60, .each_kib = 1500, .compresses_to = 0.31,
	  .cache = "/root/.cache/uv", .cache_each_kib = 1500, .then = "install sync" },
	{ "uv venv", "uv", "venv", 0, .ms = 200 },
	{ "pipenv install", "pipenv", "install sync", 0, "Pipfile Pipfile.lock", "Pipfile Pipfile.lock", "Pipfile.lock", .world = PYPI,
	  .ms = 4000, .each_ms = 900, .warm_ms = 3500, .warm_each_ms = 250, .packages = 30, .path = SITE, .each_files = 60,
	  .each_kib = 1500, .compresses_to = 0.31, .cache = "/root/.cache/pipenv", .cache_each_kib = 500 },
	{ "pdm install", "pdm", "install sync", ITSELF, "pyproject.toml pdm.lock pdm.toml", "pyproject.toml", "pdm.lock", .world = PYPI,
	  .ms = 2500, .each_ms = 500, .warm_ms = 2000, .warm_each_ms = 120, .packages = 40, .path = ".venv", .each_files = 60,
	  .each_kib = 1500, .compresses_to = 0.31, .cache = "/root/.cache/pdm", .cache_each_kib = 500 },

	{ "npm install", "npm", "install i add", NAMED | NAMES_ARE_FILES | COUNTED | WORLD_ALWAYS, "package.json package-lock.json .npmrc",
	  .world = NPM, .ms = 2500, .each_ms = 1200, .warm_ms = 1800, .warm_each_ms = 400, .packages = 1, .path = "MODULES",
	  .each_files = 300, .each_kib = 2500, .compresses_to = 0.26, .cache = "/root/.npm", .cache_each_kib = 400 },
	{ "npm ci",
	  "npm",
	  "ci clean-install",
	  HOOKS,
	  "package.json package-lock.json npm-shrinkwrap.json .npmrc",
	  "package-lock.json npm-shrinkwrap.json",
	  "package-lock.json npm-shrinkwrap.json",
	  "package.json",
	  "\"workspaces\"",
	  NPM,
	  .ms = 2500,
	  .each_ms = 22,
	  .warm_ms = 1500,
	  .warm_each_ms = 9,
	  .packages = 400,
	  .path = "node_modules",
	  .each_files = 28,
	  .each_kib = 210,
	  .compresses_to = 0.26,
	  .cache = "/root/.npm",
	  .cache_each_kib = 60 },
	{ "npm install",
	  "npm",
	  "install i",
	  HOOKS,
	  "package.json package-lock.json npm-shrinkwrap.json .npmrc",
	  "package.json",
	  "package-lock.json npm-shrinkwrap.json",
	  "package.json",
	  "\"workspaces\"",
	  NPM,
	  .ms = 3500,
	  .each_ms = 26,
	  .warm_ms = 2500,
	  .warm_each_ms = 12,
	  .packages = 400,
	  .path = "node_modules",
	  .each_files = 28,
	  .each_kib = 210,
	  .compresses_to = 0.26,
	  .cache = "/root/.npm",
	  .cache_each_kib = 60 },
	{ "npm run", "npm", "run run-script test build start", SOURCES | OUTPUT, .ms = 18000, .path = "dist", .files = 90, .kib = 3000,
	  .compresses_to = 0.3 },
	{ "npm", "npm", "cache config set version --version", 0, .ms = 700 },
	{ "npm prune", "npm", "prune pkg rebuild dedupe", HOOKS, "package.json package-lock.json npm-shrinkwrap.json .npmrc",
	  "package.json", .ms = 900 },
	{ "yarn add", "yarn", "add global", NAMED | COUNTED | WORLD_ALWAYS, "package.json yarn.lock .yarnrc .yarnrc.yml", .world = NPM,
	  .ms = 3000, .each_ms = 1200, .packages = 1, .path = "MODULES", .each_files = 300, .each_kib = 2500, .compresses_to = 0.26,
	  .cache = "/usr/local/share/.cache/yarn", .cache_each_kib = 500 },
	{ "yarn install",
	  "yarn",
	  "install workspaces",
	  HOOKS,
	  "package.json yarn.lock .yarnrc .yarnrc.yml .yarn .npmrc",
	  "package.json",
	  "yarn.lock",
	  "package.json",
	  "\"workspaces\"",
	  NPM,
	  .ms = 2500,
	  .each_ms = 26,
	  .warm_ms = 1500,
	  .warm_each_ms = 10,
	  .packages = 400,
	  .path = "node_modules",
	  .each_files = 28,
	  .each_kib = 210,
	  .compresses_to = 0.26,
	  .cache = "/usr/local/share/.cache/yarn",
	  .cache_each_kib = 90 },
	{ "yarn", "yarn", "cache config set --version", 0, .ms = 700 },
	{ "yarn run", "yarn", "*", SOURCES | OUTPUT, .ms = 18000, .path = "dist", .files = 90, .kib = 3000, .compresses_to = 0.3 },
	{ "pnpm fetch", "pnpm", "fetch", 0, "pnpm-lock.yaml .npmrc .pnpmfile.cjs patches", "pnpm-lock.yaml", "pnpm-lock.yaml", .world = NPM,
	  .ms = 1500, .each_ms = 14, .warm_ms = 900, .warm_each_ms = 3, .packages = 400, .path = "node_modules", .each_files = 28,
	  .each_kib = 210, .compresses_to = 0.26 },
	{ "pnpm add", "pnpm", "add install i", NAMED | COUNTED | WORLD_ALWAYS, "package.json pnpm-lock.yaml .npmrc", .world = NPM,
	  .ms = 2000, .each_ms = 900, .packages = 1, .path = "MODULES", .each_files = 300, .each_kib = 2500, .compresses_to = 0.26 },
	{ "pnpm install", "pnpm", "install i", HOOKS, "package.json pnpm-lock.yaml pnpm-workspace.yaml .npmrc .pnpmfile.cjs patches",
	  "package.json", "pnpm-lock.yaml", "package.json", "\"workspaces\"", NPM, .ms = 1800, .each_ms = 16, .warm_ms = 1000,
	  .warm_each_ms = 4, .packages = 400, .path = "node_modules", .each_files = 28, .each_kib = 210, .compresses_to = 0.26 },
	{ "pnpm", "pnpm", "store config set --version", 0, .ms = 700 },
	{ "pnpm prune", "pnpm", "prune", HOOKS, "package.json pnpm-lock.yaml pnpm-workspace.yaml .npmrc", "package.json", .ms = 900 },
	{ "pnpm run", "pnpm", "*", SOURCES | OUTPUT, .ms = 18000, .path = "dist", .files = 90, .kib = 3000, .compresses_to = 0.3 },
	{ "bun install",
	  "bun",
	  "install i",
	  HOOKS,
	  "package.json bun.lock bun.lockb bunfig.toml patches",
	  "package.json",
	  "bun.lock bun.lockb",
	  "package.json",
	  "\"workspaces\"",
	  NPM,
	  .ms = 700,
	  .each_ms = 8,
	  .warm_ms = 400,
	  .warm_each_ms = 2,
	  .packages = 400,
	  .path = "node_modules",
	  .each_files = 28,
	  .each_kib = 210,
	  .compresses_to = 0.26,
	  .cache = "/root/.bun/install/cache",
	  .cache_each_kib = 210 },
	{ "bun run", "bun", "run build", SOURCES | OUTPUT, .ms = 9000, .path = "dist", .files = 90, .kib = 3000, .compresses_to = 0.3 },
	{ "npx", "npx", "*", SOURCES | OUTPUT | WORLD_ALWAYS, .world = NPM, .ms = 12000, .path = "dist", .files = 90, .kib = 3000,
	  .compresses_to = 0.3 },
	{ "corepack", "corepack", "enable disable", 0, .ms = 400 },
	{ "corepack", "corepack", "prepare install use", WORLD_ALWAYS, "package.json", .world = NPM, .ms = 1500 },

	{ "go mod download",
	  "go",
	  "mod",
	  0,
	  "go.mod go.sum go.work go.work.sum",
	  "go.mod",
	  "go.sum",
	  "go.mod",
	  "",
	  "world:go-proxy",
	  .ms = 900,
	  .each_ms = 130,
	  .warm_ms = 200,
	  .warm_each_ms = 2,
	  .packages = 40,
	  .path = "/go/pkg/mod",
	  .each_files = 110,
	  .each_kib = 1200,
	  .compresses_to = 0.22,
	  .then = "download verify" },
	{ "go install", "go", "install get", NAMED | NAMES_ARE_FILES | COUNTED | WORLD_ALWAYS, "go.mod go.sum", .world = "world:go-proxy",
	  .ms = 4000, .each_ms = 8000, .warm_ms = 1500, .warm_each_ms = 1500, .packages = 1, .path = "/go/bin", .each_files = 1,
	  .each_kib = 9000, .compresses_to = 0.5 },
	{ "go build", "go", "build install generate test vet", SOURCES | OUTPUT, .locks = "go.sum", .world = "world:go-proxy", .ms = 14000,
	  .warm_ms = 2500, .path = "app", .kib = 9000, .compresses_to = 0.5, .cache = "/root/.cache/go-build", .cache_each_kib = 90000 },
	{ "go", "go", "clean env version", 0, .ms = 300 },
	{ "cargo fetch", "cargo", "fetch vendor generate-lockfile", 0, "Cargo.toml Cargo.lock .cargo rust-toolchain rust-toolchain.toml",
	  "Cargo.toml", "Cargo.lock", "Cargo.toml", "[workspace]", "world:crates", .ms = 1200, .each_ms = 70, .warm_ms = 300,
	  .warm_each_ms = 2, .packages = 120, .path = "/usr/local/cargo/registry", .each_files = 70, .each_kib = 700,
	  .compresses_to = 0.24 },
	{ "cargo install", "cargo", "install binstall", NAMED | NAMES_ARE_FILES | COUNTED | WORLD_ALWAYS, .world = "world:crates",
	  .ms = 5000, .each_ms = 45000, .packages = 1, .path = "/usr/local/cargo/bin", .each_files = 1, .each_kib = 9000,
	  .compresses_to = 0.45 },
	{ "cargo build", "cargo", "build b rustc check test clippy", SOURCES | OUTPUT, .locks = "Cargo.lock", .world = "world:crates",
	  .ms = 45000, .warm_ms = 9000, .path = "target", .files = 900, .kib = 240000, .compresses_to = 0.3 },
	{ "mvn dependency:go-offline", "mvn",
	  "dependency:go-offline dependency:resolve dependency:resolve-plugins de.qaware.maven:go-offline-maven-plugin", WORLD_ALWAYS,
	  "pom.xml .mvn settings.xml", "pom.xml", NULL, "pom.xml", "<module>", "world:maven-central", .ms = 38000, .warm_ms = 6000,
	  .path = "/root/.m2", .files = 1900, .kib = 95000, .compresses_to = 0.92 },
	{ "mvn package", "mvn", "*", SOURCES | OUTPUT | WORLD_ALWAYS, .world = "world:maven-central", .ms = 42000, .warm_ms = 16000,
	  .path = "target", .files = 120, .kib = 30000, .compresses_to = 0.9, .cache = "/root/.m2", .cache_each_kib = 95000 },
	{ "gradle --version", "gradle", "--version wrapper", 0, "gradlew gradle", .world = "world:gradle", .ms = 6000, .warm_ms = 900,
	  .path = "/root/.gradle", .files = 400, .kib = 140000, .compresses_to = 0.9 },
	{ "gradle dependencies", "gradle", "dependencies", WORLD_ALWAYS,
	  "build.gradle build.gradle.kts settings.gradle settings.gradle.kts gradle.properties gradle gradlew gradle.lockfile "
	  "buildSrc",
	  "build.gradle build.gradle.kts settings.gradle settings.gradle.kts", NULL, "build.gradle*", "", "world:maven-central",
	  .ms = 40000, .warm_ms = 9000, .path = "/root/.gradle", .files = 1200, .kib = 180000, .compresses_to = 0.85 },
	{ "gradle build", "gradle", "*", SOURCES | OUTPUT | WORLD_ALWAYS, .world = "world:maven-central", .ms = 55000, .warm_ms = 20000,
	  .path = "build", .files = 160, .kib = 32000, .compresses_to = 0.9, .cache = "/root/.gradle", .cache_each_kib = 180000 },
	{ "composer install", "composer", "install i", HOOKS, "composer.json composer.lock auth.json symfony.lock", "composer.json",
	  "composer.lock", .world = "world:packagist", .ms = 1500, .each_ms = 220, .warm_ms = 900, .warm_each_ms = 60, .packages = 60,
	  .path = "vendor", .each_files = 110, .each_kib = 700, .compresses_to = 0.25, .cache = "/tmp/cache", .cache_each_kib = 150 },
	{ "composer require", "composer", "require global", NAMED | COUNTED | WORLD_ALWAYS, "composer.json composer.lock",
	  .world = "world:packagist", .ms = 3000, .each_ms = 2000, .packages = 1, .path = "vendor", .each_files = 110, .each_kib = 700,
	  .compresses_to = 0.25 },
	{ "composer update", "composer", "update", HOOKS | WORLD_ALWAYS, "composer.json composer.lock", "composer.json",
	  .world = "world:packagist", .ms = 6000, .each_ms = 260, .packages = 60, .path = "vendor", .each_files = 110, .each_kib = 700,
	  .compresses_to = 0.25 },
	{ "composer dump-autoload", "composer", "dump-autoload dumpautoload dump-env run-script run check-platform-reqs", SOURCES,
	  .ms = 1500, .path = "vendor/composer", .files = 9, .kib = 900, .compresses_to = 0.2 },
	{ "composer", "composer", "clear-cache clearcache config --version", 0, .ms = 400 },
	{ "bundle install", "bundle", "install", 0, "Gemfile Gemfile.lock .ruby-version .tool-versions .bundle", "Gemfile", "Gemfile.lock",
	  "*.gemspec", "", "world:rubygems", .ms = 2500, .each_ms = 600, .warm_ms = 2000, .warm_each_ms = 200, .packages = 60,
	  .path = "/usr/local/bundle", .each_files = 90, .each_kib = 1100, .compresses_to = 0.27 },
	{ "bundle exec", "bundle", "exec", SOURCES | OUTPUT, .ms = 15000, .path = "public", .files = 120, .kib = 6000,
	  .compresses_to = 0.5 },
	{ "bundle", "bundle", "config --version", 0, .ms = 500 },
	{ "bundle clean", "bundle", "clean", 0, "Gemfile Gemfile.lock", "Gemfile", .ms = 500 },
	{ "gem install", "gem", "install", NAMED | COUNTED | WORLD_ALWAYS, .world = "world:rubygems", .ms = 1500, .each_ms = 2500,
	  .packages = 1, .path = "/usr/local/bundle", .each_files = 120, .each_kib = 2000, .compresses_to = 0.3 },
	{ "dotnet restore", "dotnet", "restore", WORLD_ALWAYS,
	  "nuget.config NuGet.Config Directory.Build.props Directory.Packages.props global.json", NULL, "packages.lock.json",
	  "*.*proj *.sln *.slnx Directory.*.props", "", "world:nuget", .ms = 11000, .warm_ms = 2500, .path = "/root/.nuget/packages",
	  .files = 2600, .kib = 120000, .compresses_to = 0.42 },
	{ "dotnet publish", "dotnet", "publish build test", SOURCES | OUTPUT | WORLD_ALWAYS, .world = "world:nuget", .ms = 22000,
	  .warm_ms = 15000, .path = "bin", .files = 140, .kib = 30000, .compresses_to = 0.42 },
	{ "mix deps.get", "mix", "deps.get deps.compile", 0, "mix.exs mix.lock config", "mix.exs", "mix.lock", .world = "world:hex",
	  .ms = 9000, .each_ms = 500, .packages = 30, .path = "deps", .each_files = 60, .each_kib = 500, .compresses_to = 0.25 },
	{ "mix local", "mix", "local.hex local.rebar", WORLD_ALWAYS, .world = "world:hex", .ms = 2500, .path = "/root/.mix", .files = 40,
	  .kib = 1600, .compresses_to = 0.5 },
	{ "mix compile", "mix", "compile release assets.deploy phx.digest", SOURCES | OUTPUT, .ms = 20000, .path = "_build", .files = 900,
	  .kib = 24000, .compresses_to = 0.4 },

	{ "apt-get update", "apt-get", "update", WORLD_ALWAYS, .world = "world:apt-index", .ms = 3200, .path = "/var/lib/apt/lists",
	  .files = 8, .kib = 18000, .compresses_to = 0.21 },
	{ "apt-get install", "apt-get", "install", NAMED | NAMES_ARE_FILES | COUNTED | WORLD_ALWAYS, .world = "world:apt-index", .ms = 2500,
	  .each_ms = 2200, .warm_ms = 2000, .warm_each_ms = 1400, .packages = 1, .path = "/usr/lib", .each_files = 110, .each_kib = 7000,
	  .compresses_to = 0.38 },
	{ "apt-get upgrade", "apt-get", "upgrade dist-upgrade full-upgrade", WORLD_ALWAYS, .world = "world:apt-index", .ms = 9000,
	  .path = "/usr/lib", .files = 300, .kib = 12000, .compresses_to = 0.38 },
	{ "apt-get", "apt-get", "clean autoclean autoremove purge remove", 0, .ms = 600 },
	{ "apk add", "apk", "add", NAMED | NAMES_ARE_FILES | COUNTED | WORLD_ALWAYS, .world = "world:apk-index", .ms = 900, .each_ms = 700,
	  .warm_ms = 600, .warm_each_ms = 300, .packages = 1, .path = "/usr/lib", .each_files = 40, .each_kib = 3500,
	  .compresses_to = 0.4 },
	{ "apk update", "apk", "update upgrade", WORLD_ALWAYS, .world = "world:apk-index", .ms = 1200, .path = "/var/cache/apk", .files = 2,
	  .kib = 2300, .compresses_to = 0.95 },
	{ "apk del", "apk", "del cache", 0, .ms = 400 },
	{ "dnf install", "dnf", "install reinstall groupinstall localinstall", NAMED | NAMES_ARE_FILES | COUNTED | WORLD_ALWAYS,
	  .world = "world:dnf-index", .ms = 9000, .each_ms = 2000, .warm_ms = 3000, .warm_each_ms = 1500, .packages = 1,
	  .path = "/usr/lib64", .each_files = 120, .each_kib = 8000, .compresses_to = 0.38, .cache = "/var/cache/dnf",
	  .cache_each_kib = 3000 },
	{ "dnf update", "dnf", "update upgrade makecache", WORLD_ALWAYS, .world = "world:dnf-index", .ms = 16000, .path = "/usr/lib64",
	  .files = 400, .kib = 20000, .compresses_to = 0.38, .cache = "/var/cache/dnf", .cache_each_kib = 90000 },
	{ "dnf", "dnf", "clean remove autoremove config-manager module", 0, .ms = 800 },
	{ "zypper install", "zypper", "install in", NAMED | COUNTED | WORLD_ALWAYS, .world = "world:zypper-index", .ms = 8000,
	  .each_ms = 2000, .packages = 1, .path = "/usr/lib64", .each_files = 120, .each_kib = 8000, .compresses_to = 0.38,
	  .cache = "/var/cache/zypp", .cache_each_kib = 3000 },
	{ "zypper refresh", "zypper", "refresh ref", WORLD_ALWAYS, .world = "world:zypper-index", .ms = 5000 },
	{ "docker-php-ext-install", "docker-php-ext-install", "*", COUNTED, .ms = 4000, .each_ms = 9000, .packages = 1,
	  .path = "/usr/local/lib/php/extensions", .each_files = 3, .each_kib = 900, .compresses_to = 0.35 },
	{ "pecl install", "pecl", "install", NAMED | COUNTED | WORLD_ALWAYS, .world = "world:pecl", .ms = 4000, .each_ms = 14000,
	  .packages = 1, .path = "/usr/local/lib/php/extensions", .each_files = 3, .each_kib = 2500, .compresses_to = 0.35 },

	{ "make", "make", "*", SOURCES | OUTPUT, .ms = 25000, .warm_ms = 4000, .path = "build", .files = 160, .kib = 9000,
	  .compresses_to = 0.35 },
	{ "cmake", "cmake", "*", SOURCES | OUTPUT, .ms = 4000, .path = "build", .files = 60, .kib = 900, .compresses_to = 0.3 },
	{ "ninja", "ninja", "*", SOURCES | OUTPUT, .ms = 20000, .warm_ms = 3500, .path = "build", .files = 160, .kib = 9000,
	  .compresses_to = 0.35 },
	{ "meson", "meson", "*", SOURCES | OUTPUT, .ms = 5000, .path = "build", .files = 60, .kib = 900, .compresses_to = 0.3 },
	{ "manage.py", "python", "manage.py", SOURCES | OUTPUT, .ms = 3000, .path = "static", .files = 140, .kib = 3000,
	  .compresses_to = 0.4 },
	{ "python setup.py", "python", "setup.py", SOURCES | WORLD_ALWAYS, "setup.py", .world = PYPI, .ms = 6000, .path = SITE, .files = 60,
	  .kib = 1500, .compresses_to = 0.31 },
	{ "php artisan", "php", "artisan", SOURCES, .ms = 1500, .path = "bootstrap/cache", .files = 4, .kib = 200, .compresses_to = 0.25 },

	{ "curl", "curl", "*", HOST | WORLD_ALWAYS | MOVES, .ms = 2000 },
	{ "wget", "wget", "*", HOST | WORLD_ALWAYS | MOVES, .ms = 2000 },
	{ "git clone", "git", "clone", HOST | WORLD_ALWAYS | MOVES, .ms = 4000 },
	{ "git config", "git", "config", 0, .ms = 50 },
	{ "cp", "cp", "*", NAMES_ARE_FILES | MOVES | INTO_LAST, .ms = 300 },
	{ "mv", "mv", "*", NAMES_ARE_FILES | MOVES | INTO_LAST, .ms = 300 },
	{ "install", "install", "*", NAMES_ARE_FILES | MOVES | INTO_LAST, .ms = 200 },
	{ "tar", "tar", "*", NAMES_ARE_FILES | MOVES, .ms = 800 },
	{ "unzip", "unzip", "*", NAMES_ARE_FILES | MOVES, .ms = 800 },
	{ "chown", "chown", "*", NAMES_ARE_FILES | MOVES | RECURSES | TEXT_FIRST, .ms = 300 },
	{ "chmod", "chmod", "*", NAMES_ARE_FILES | MOVES | RECURSES | TEXT_FIRST, .ms = 100 },
	{ "setcap", "setcap", "*", NAMES_ARE_FILES | MOVES | TEXT_FIRST, .ms = 100 },
	{ "setfacl", "setfacl", "*", NAMES_ARE_FILES | MOVES, .ms = 100 },
	{ "sed", "sed", "*", NAMES_ARE_FILES | TEXT_FIRST, .ms = 50 },
	{ "cat", "cat", "*", NAMES_ARE_FILES, .ms = 50 },
	{ "grep", "grep", "*", NAMES_ARE_FILES | TEXT_FIRST, .ms = 50 },
	{ "find", "find", "*", NAMES_ARE_FILES, .ms = 200 },
	{ "dpkg", "dpkg", "*", NAMES_ARE_FILES | MOVES, .ms = 900 },
	{ "strip", "strip", "*", NAMES_ARE_FILES | MOVES, .ms = 200 },
	{ "dos2unix", "dos2unix", "*", NAMES_ARE_FILES, .ms = 50 },
	{ "update-ca-certificates", "update-ca-certificates", "*", 0, .ms = 400, .system = "/usr/local/share/ca-certificates" },
	{ "ldconfig", "ldconfig", "*", 0, .ms = 100, .system = "/usr/local/lib /usr/lib /lib /etc/ld.so.conf.d" },
	{ "fc-cache", "fc-cache", "*", 0, .ms = 500, .system = "/usr/share/fonts /usr/local/share/fonts /root/.fonts" },
};

/* Commands that set something up in moments and read nothing of the project. */
static const char *const moments =
	"mkdir rm rmdir ln touch true : echo printf set export unset umask useradd groupadd adduser addgroup usermod groupmod passwd "
	"chpasswd "
	"locale-gen update-alternatives a2enmod a2dismod a2ensite a2dissite a2enconf docker-php-ext-enable "
	"docker-php-ext-configure dpkg-reconfigure dpkg-divert sync sleep uname nproc arch id whoami date which ls pwd hostname "
	"basename "
	"dirname getconf tee debconf-set-selections apt-mark trap hash stat exit";
static const struct catalog_row a_moment = { .name = "", .tool = "", .verbs = "", .ms = 100 };

static const struct {
	const char *name, *same;
} same_tools[] = {
	{ "apt", "apt-get" }, { "aptitude", "apt-get" }, { "microdnf", "dnf" }, { "yum", "dnf" },
	{ "tdnf", "dnf" },    { "gmake", "make" },       { "mvnw", "mvn" },     { "gradlew", "gradle" },
	{ "pip3", "pip" },    { "rg", "grep" },          { "egrep", "grep" },   { "bundler", "bundle" },
};

static const char *canonical(const char *tool)
{
	for (size_t i = 0; i < LB_COUNT(same_tools); i++)
		if (strcmp(same_tools[i].name, tool) == 0)
			return same_tools[i].same;
	return strncmp(tool, "pip3.", 5) == 0 ? "pip" : strncmp(tool, "python", 6) == 0 ? "python" : tool;
}

const struct catalog_tool *catalog_tool_find(const char *name)
{
	static const struct catalog_tool none = { "", "", NULL, NULL };
	for (size_t i = 0; i < LB_COUNT(tools); i++)
		if (catalog_listed(tools[i].names, canonical(name)))
			return &tools[i];
	return &none;
}

const struct catalog_row *catalog_row_find(const char *tool, const char *verb, bool named)
{
	const char *own = canonical(tool);
	if (catalog_listed(moments, own))
		return &a_moment;
	if (!verb && strcmp(own, "yarn") == 0)
		verb = "install";
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		const struct catalog_row *r = &rows[i];
		bool verb_fits = strcmp(r->verbs, "*") == 0 || (verb ? catalog_listed(r->verbs, verb) : !*r->verbs);
		if (strcmp(r->tool, own) == 0 && verb_fits && (named || !(r->flags & NAMED)))
			return r;
	}
	return NULL;
}

const char *catalog_base_workdir(const char *base)
{
	static const struct {
		const char *name, *tag, *workdir;
	} known[] = {
		{ "golang", "", "/go" },    { "php", "apache", "/var/www/html" }, { "php", "fpm", "/var/www/html" },
		{ "composer", "", "/app" }, { "gradle", "", "/home/gradle" },
	};
	const char *library = base ? strstr(base, "library/") : NULL;
	const char *name = library ? library + strlen("library/") : base;
	for (size_t i = 0; name && i < LB_COUNT(known); i++) {
		size_t n = strcspn(name, ":@");
		if (n == strlen(known[i].name) && memcmp(name, known[i].name, n) == 0 && strstr(name + n, known[i].tag))
			return known[i].workdir;
	}
	return NULL;
}

const char *catalog_package_sign(const char *base)
{
	static const struct {
		const char *file, *sign;
	} signs[] = {
		{ "poetry.lock", "[[package]]" },
		{ "uv.lock", "[[package]]" },
		{ "pdm.lock", "[[package]]" },
		{ "Cargo.lock", "[[package]]" },
		{ "package-lock.json", "\"node_modules/" },
		{ "npm-shrinkwrap.json", "\"node_modules/" },
		{ "yarn.lock", "\n  resolved " },
		{ "pnpm-lock.yaml", "resolution:" },
		{ "go.sum", "/go.mod h1:" },
		{ "composer.lock", "\"version\":" },
		{ "Gemfile.lock", "\n    " },
		{ "Pipfile.lock", "\"version\":" },
		{ "bun.lock", "sha512-" },
		{ "mix.lock", "{:hex," },
	};
	for (size_t i = 0; i < LB_COUNT(signs); i++)
		if (strcmp(signs[i].file, base) == 0)
			return signs[i].sign;
	return NULL;
}
