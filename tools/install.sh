#!/bin/sh
# Makes .venv hold exactly the locked packages: "tools/install.sh run" or "tools/install.sh dev".
# It remembers what it installed, so a second call takes no time.
set -eu
cd "$(dirname "$0")/.."
kind=${1:-run}
lock=requirements/$kind.txt
stamp=.venv/.installed

stop() { # English sentence, Chinese sentence
    printf '%s\n%s\n' "$1" "$2" >&2
    exit 1
}

# A stamp names the folder too: a virtual environment does not survive being moved.
content() { printf '%s %s %s\n' "$1" "$(cat requirements/*.txt pyproject.toml tools/install.sh | cksum)" "$PWD"; }

# What the developers' lock installs is everything that runs, and more.
installed() {
    [ -x .venv/bin/python ] && [ -r "$stamp" ] || return 1
    [ "$(cat "$stamp")" = "$(content "$1")" ] && .venv/bin/python -c '' 2>/dev/null
}
if installed dev || { [ "$kind" = run ] && installed run; }; then
    exit 0
fi

if ! { [ -w . ] && { [ ! -e .venv ] || [ -w .venv ]; }; }; then
    stop "Cannot write to the folder $PWD: run 'make' as the user who owns it, or copy the project elsewhere." \
        "无法写入目录 $PWD：请使用该目录的所有者运行 make，或将项目复制到可写的目录。"
fi

python=
for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    stop "Python 3.11 or newer is needed and was not found: install it, or name it with 'make PYTHON=/path/to/python3'." \
        "需要 Python 3.11 或更高版本，但未找到：请先安装，或用 make PYTHON=/路径/python3 指定。"
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    stop "$("$python" -V) has no venv module: on Debian or Ubuntu install the package python3-venv, then run make again." \
        "$("$python" -V) 缺少 venv 模块：在 Debian 或 Ubuntu 上请安装 python3-venv 软件包，然后重新运行 make。"
fi

# A folder that was moved, or made by another Python, is made anew; otherwise pip only adds what changed.
case "$(cat "$stamp" 2>/dev/null)" in
*" $PWD") .venv/bin/python -c '' 2>/dev/null || rm -rf .venv ;;
*) rm -rf .venv ;;
esac
rm -f "$stamp"
if [ ! -d .venv ]; then
    echo "Making .venv with $("$python" -V) ..."
    "$python" -m venv .venv || stop "Could not make the virtual environment .venv." "无法创建虚拟环境 .venv。"
fi
echo "Installing the locked packages of $lock ..."
export PIP_DISABLE_PIP_VERSION_CHECK=1
.venv/bin/python -m pip install -qq --require-hashes -r "$lock" ||
    stop "Could not install the locked packages: see pip's message above; is the package index reachable?" \
        "无法安装锁定的软件包：请查看上面 pip 的信息，并检查能否访问软件包索引。"
.venv/bin/python -m pip install -qq --no-index --no-build-isolation --no-deps -e . ||
    stop "Could not install credit-village itself into .venv." "无法将 credit-village 安装到 .venv。"
content "$kind" >"$stamp"
