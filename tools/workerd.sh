#!/bin/sh
# wrangler starts this in place of workerd, so that workerd takes its Python from the bundle that the set-up built.
root=$(cd "$(dirname "$0")/.." && pwd)
command=$1
shift
[ -n "$PYODIDE_SNAPSHOT" ] && set -- --python-load-snapshot=snapshot.bin "--python-snapshot-dir=$PYODIDE_SNAPSHOT" "$@"
[ "$command" = serve ] && set -- "--pyodide-bundle-disk-cache-dir=$root/.build/pyodide" "$@"
for workerd in "$root"/node_modules/@cloudflare/workerd-*/bin/workerd; do
  exec "$workerd" "$command" "$@"
done
