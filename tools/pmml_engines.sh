#!/bin/sh
# Makes .venv-pmml hold the two PMML engines the tests ask and the Java they run on: all from the package index.
# They are oracles of the tests alone: nothing of them is imported by, or shipped with, this project.
set -eu
cd "$(dirname "$0")/.."
lock=requirements/pmml-engines.txt
stamp=.venv-pmml/.installed

stop() { # English sentence, Chinese sentence
    printf '%s\n%s\n' "$1" "$2" >&2
    exit 1
}

# A stamp names the folder too: a virtual environment does not survive being moved.
content() { printf '%s %s\n' "$(cat "$lock" tools/pmml_engines.sh | cksum)" "$PWD"; }

if [ -r "$stamp" ] && [ "$(cat "$stamp")" = "$(content)" ] && .venv-pmml/bin/python -c '' 2>/dev/null; then
    exit 0
fi
python=${PYTHON:-.venv/bin/python}
rm -rf .venv-pmml
echo "Making .venv-pmml with $("$python" -V) ..."
"$python" -m venv .venv-pmml || stop "Could not make the virtual environment .venv-pmml." "无法创建虚拟环境 .venv-pmml。"
PIP_DISABLE_PIP_VERSION_CHECK=1 .venv-pmml/bin/python -m pip install -qq --require-hashes -r "$lock" ||
    stop "Could not install the locked packages of $lock: see pip's message above." \
        "无法安装 $lock 中锁定的软件包：请查看上面 pip 的信息。"
content >"$stamp"
