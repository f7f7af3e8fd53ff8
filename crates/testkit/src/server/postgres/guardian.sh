# Holds one PostgreSQL for a test process and outlives it just long enough to clean up.
#
#   sh guardian.sh BIN_DIR DIR PRIMARY SETTING...      (SETTING: name=value)
#
# Makes a cluster in DIR/data and starts it, then obeys the lines of its standard input:
# start, stop, crash, and for replication promote, pause, resume, synchronous. Each is answered by
# one line: up, down or failed. The end of the input means that the test process is gone: the server
# is killed and DIR removed. If PRIMARY is not empty, it is the socket directory of another cluster,
# of which this one is a streaming replica.
set -u
trap '' HUP INT TERM # only the end of the input ends this

bin=$1 dir=$2 primary=$3
shift 3
log=$dir/log
pid=

initialise() {
    if [ -n "$primary" ]; then
        "$bin/pg_basebackup" --host="$primary" --username=postgres --no-password \
            --pgdata="$dir/data" --write-recovery-conf --checkpoint=fast --no-sync \
            </dev/null >>"$log" 2>&1
        return
    fi
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

sql() {
    "$bin/psql" --host="$dir" --username=postgres --no-password --no-psqlrc --quiet --tuples-only \
        --no-align --set=ON_ERROR_STOP=1 --command="$1" postgres </dev/null 2>>"$log"
}

# Waits up to 30 s until the query gives the value.
await() {
    tries=0
    until [ "$(sql "$1")" = "$2" ]; do
        tries=$((tries + 1))
        [ "$tries" -gt 600 ] && return 1
        sleep 0.05
    done
}

promote() {
    "$bin/pg_ctl" promote --pgdata="$dir/data" --wait --timeout=30 </dev/null >>"$log" 2>&1
}

pause() {
    sql 'select pg_wal_replay_pause()' && await 'select pg_get_wal_replay_pause_state()' paused
}

resume() {
    sql 'select pg_wal_replay_resume()' &&
        await 'select pg_get_wal_replay_pause_state()' 'not paused'
}

synchronous() {
    sql "alter system set synchronous_standby_names = '*'" && sql 'select pg_reload_conf()' &&
        await "select count(*) > 0 from pg_stat_replication where sync_state = 'sync'" t
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
    promote | pause | resume | synchronous)
        if "$order" >/dev/null; then echo up; else echo failed; fi ;;
    *) echo failed ;;
    esac
done
end QUIT
rm -rf "$dir"
