#!/bin/sh
# setup_bpy.sh PYTHON FOLDER VERSION: real Blender as a Python module, in an environment of its own.
set -eu
"$1" -m venv "$2"
echo "installing Blender $3 (the bpy wheel, about 350 MB the first time)"
"$2/bin/pip" install --quiet --disable-pip-version-check "bpy==$3" pytest==9.2.0 pytest-cov==7.1.0
# the wheel needs some of the system's X11 and GL libraries, even without a window
"$2/bin/python" -c 'import bpy, os; print("Blender", bpy.app.version_string, flush=True); os._exit(0)' || {
    echo "Blender $3 does not start; on Debian and Ubuntu install: libx11-6 libxi6 libxxf86vm1 libxfixes3" \
        "libxrender1 libxkbcommon0 libsm6 libice6 libgl1 libegl1" >&2
    exit 1
}
touch "$2/.ready"
