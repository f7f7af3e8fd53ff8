# Holds what a statement locks until the end of its standard input.
#
#   sh lock_holder.sh PSQL URL NAME STATEMENT      (NAME: of its session, unique)
#
# Prints `locked` when it holds the lock, or `failed`.
set -u
trap '' HUP INT TERM # only the end of the input ends this

psql=$1 url=$2 name=$3 statement=$4

# $1 of the session, if $2 is true of it.
ask() {
    "$psql" "$url" -XqAt -c "select $1 from pg_stat_activity \
        where application_name = '$name' and $2" </dev/null 2>/dev/null
}

PGAPPNAME=$name "$psql" "$url" -X -q -v ON_ERROR_STOP=1 -c begin -c "$statement" \
    -c 'select pg_sleep(300)' </dev/null 2>&1 >/dev/null | sed '/terminating\|connection/d' >&2 &

tries=0
until [ "$(ask 1 "query like 'select pg_sleep%'")" = 1 ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 500 ] || ! kill -0 $! 2>/dev/null; then
        ask 'pg_terminate_backend(pid)' true >/dev/null
        echo failed
        exit 1
    fi
    sleep 0.02
done
echo locked
read -r end
# The server does not notice by itself that its client is gone.
ask 'pg_terminate_backend(pid)' true >/dev/null
wait
