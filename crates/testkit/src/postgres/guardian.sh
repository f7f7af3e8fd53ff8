# Holds one PostgreSQL for a test process and outlives it just long enough to clean up.
#
#   sh guardian.sh BIN_DIR DIR SETTING...      (SETTING: name=value)
#
# Makes a cluster in DIR/data and starts it, then obeys the lines of its standard input:
# start, stop, crash. Each is answered by one line: up, down or failed. The end of the input means
# that the test process is gone: the server is killed and DIR removed.
set -u
trap '' HUP INT TERM # only the end of the input ends this

bin=$1 dir=$2
shift 2
log=$dir/log
pid=

initialise() {
    "$bin/initdb" --pgdata="$dir/data" --username=postgres --auth=trust --encoding=UTF8 \
        --locale=C --no-sync --no-instructions </dev/null >>"$log" 2>&1
}

# The server writes its state into the lock file; the process id tells a new file from an old one.
is_up() {
    state=$(sed -n -e 1p -e '8s/ *$//p' "$dir/data/postmaster.pid" 2>/dev/null | tr '\n' ' ')
    [ "$state" = "$pid ready " ]
}

start() {
    "$bin/postgres" -D "$dir/data" "$@" </dev/null >>"$log" 2>&1 &
    pid=$!
    tries=0
    until is_up; do
        tries=$((tries + 1))
        if [ "$tries" -gt 3000 ] || ! kill -0 "$pid" 2>/dev/null; then
            end KILL
            return 1
        fi
        sleep 0.02
    done
}

end() {
    [ -z "$pid" ] && return
    kill -"$1" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    pid=
}

for setting in "$@"; do
    shift
    set -- "$@" -c "$setting"
done

if initialise && start "$@"; then echo up; else echo failed; fi
while read -r order; do
    case $order in
    start) if [ -n "$pid" ] || start "$@"; then echo up; else echo failed; fi ;;
    stop) end INT && echo down ;;
    crash) end QUIT && echo down ;;
    *) echo failed ;;
    esac
done
end QUIT
rm -rf "$dir"
