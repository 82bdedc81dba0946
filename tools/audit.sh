#!/bin/sh
# Compares every locked library with the weaknesses known of it (pip-audit, PyPI's own service): "make audit".
# A library that could not be looked up counts as a failure: no answer is no clean bill.
set -eu
cd "$(dirname "$0")/.."
lock=requirements/audit.txt
stamp=.venv-audit/.installed

stop() { # English sentence, Chinese sentence
    printf '%s\n%s\n' "$1" "$2" >&2
    exit 1
}

content() { printf '%s %s\n' "$(cat "$lock" tools/audit.sh | cksum)" "$PWD"; }

if ! { [ -r "$stamp" ] && [ "$(cat "$stamp")" = "$(content)" ]; }; then
    python=${PYTHON:-.venv/bin/python}
    rm -rf .venv-audit
    echo "Making .venv-audit with $("$python" -V) ..."
    "$python" -m venv .venv-audit || stop "Could not make the virtual environment .venv-audit." "无法创建虚拟环境 .venv-audit。"
    PIP_DISABLE_PIP_VERSION_CHECK=1 .venv-audit/bin/python -m pip install -qq --require-hashes -r "$lock" ||
        stop "Could not install the locked packages of $lock: see pip's message above." \
            "无法安装 $lock 中锁定的软件包：请查看上面 pip 的信息。"
    content >"$stamp"
fi
.venv-audit/bin/python -m pip_audit --strict --disable-pip --require-hashes --progress-spinner off \
    -r requirements/run.txt -r requirements/dev.txt ||
    stop "A library has a known weakness, or could not be looked up: see above. SECURITY.md says how soon it is mended." \
        "有依赖库存在已知漏洞，或无法查询：见上文。处理时限见 SECURITY.md。"
