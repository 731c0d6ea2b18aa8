# Sourced by suites that need Python: `python_venv FOLDER REQUIREMENTS` makes the environment, or ends the suite as not run.
python_venv() {
    local folder=$1 requirements=$2
    if ! command -v python3 >/dev/null; then
        echo "python3 is not there: install Python 3.11 or newer" >&2
        exit 75
    fi
    [ -x "$folder/bin/python" ] || python3 -m venv "$folder" || exit 75
    if ! cmp -s "$requirements" "$folder/installed.txt"; then
        if ! "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"; then
            echo "what $requirements names cannot be installed: is PyPI within reach?" >&2
            exit 75
        fi
        cp "$requirements" "$folder/installed.txt"
    fi
}
