# Sourced by suites that need a policy in JavaScript: `javascript_policy FILE` makes the component of the SDK's example, or ends the suite as not run.
javascript_policy() {
    (
        cd guest/sdk/examples/change-ticket
        if ! npm ci --no-audit --no-fund --silent; then
            echo "componentize-qjs cannot be installed: is the npm registry within reach?" >&2
            exit 75
        fi
        npm run --silent build -- --output "$1" >/dev/null
    )
}
