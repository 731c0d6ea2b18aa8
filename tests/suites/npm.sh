# Sourced by suites that need npm: `npm_package NAME` installs and builds `host/NAME`; what cannot be had ends the suite as not run.
if ! command -v npm >/dev/null || [ "$(node -p 'process.versions.node.split(".")[0] >= 20')" != true ]; then
    echo "npm and Node 20 are not there: install them" >&2
    exit 75
fi

npm_package() {
    if ! (cd "host/$1" && npm ci --no-audit --no-fund --silent); then
        echo "what host/$1/package-lock.json names cannot be installed: is the npm registry within reach?" >&2
        exit 75
    fi
    (cd "host/$1" && npm run --silent build)
}
