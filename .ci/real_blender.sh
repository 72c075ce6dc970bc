#!/usr/bin/env bash
# A Blender with a window for tests/window: real_blender.sh TOOL SUITE FOLDER PYTHON
#
# Has TOOL install the Blender of a Debian release into its cache, and writes the program FOLDER/SUITE/blender, which
# starts it with what tests need in sight: the checkout, the shared data, FOLDER, and PYTHON for the worker.
set -euo pipefail

tool=$(readlink -f "$1") suite=$2 folder=$(readlink -f "$3") python=$4
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
weights=${POSEWRIGHT_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/posewright}

# A Python under /usr is out of sight beside the /usr of that release: a copy of it, with the same packages.
copy_python() {
    local base=$1 version packages copy="$folder/python"
    version=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    packages=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    mkdir -p "$copy/bin" "$copy/lib"
    cp -L "$base/bin/$version" "$copy/bin/"
    cp -a "$base"/lib/lib"$version".so* "$copy/lib/" 2>/dev/null || true
    tar -C "$base/lib" --exclude=site-packages --exclude=dist-packages --exclude=test -c "$version" | tar -C "$copy/lib" -x
    rm -f "$copy/lib/$version/sitecustomize.py"  # Debian's is a link out of sight
    echo "import site; site.addsitedir('$packages')" > "$copy/lib/$version/sitecustomize.py"
    echo "$copy/bin/$version"
}

timeout 120 "$tool" --suite "$suite" install  # returns at once when it is there

base=$("$python" -c 'import sys; print(sys.base_prefix)')
case $base in
    /usr | /usr/*) worker="$folder/python/bin/$(basename "$(readlink -f "$python")")"
        [ -x "$worker" ] || worker=$(copy_python "$base") ;;
    *) worker=$python ;;
esac
seen=("$checkout" "$folder" "$weights" "$(dirname "$(dirname "$python")")" "$base" "${TMPDIR:-$folder}")
[ -d "${POSEWRIGHT_SHARED:-$checkout/../shared}" ] && seen+=("$(cd "${POSEWRIGHT_SHARED:-$checkout/../shared}" && pwd -P)")

mkdir -p "$folder/$suite" "$weights"
cat > "$folder/$suite/blender" <<PROGRAM
#!/usr/bin/env bash
# Blender of Debian's $suite; without -b or --command with a window, on a display of its own
words=(--user "\$BLENDER_USER_RESOURCES")
for name in \$(compgen -e | grep -E '^(POSEWRIGHT_|OMP_|PIP_|SSL_CERT|REQUESTS_CA|[A-Za-z]+_proxy\$|[A-Z]+_PROXY\$)'); do
    words+=(--env "\$name=\${!name}")
done
[ -z "\${POSEWRIGHT_PYTHON:-}" ] || words+=(--env "POSEWRIGHT_PYTHON=$worker")
words+=(--env "POSEWRIGHT_HOME=$weights" $(printf -- '--bind "%s" ' "${seen[@]}"))
case " \$* " in
    *" -b "* | *" --command "*) exec "$tool" --suite "$suite" run "\${words[@]}" -- "\$@" ;;
    *) exec "$tool" --suite "$suite" gui --size "\${POSEWRIGHT_WINDOW:-1280x960}" --timeout 600 --wait 600 "\${words[@]}" -- "\$@" ;;
esac
PROGRAM
chmod +x "$folder/$suite/blender"
