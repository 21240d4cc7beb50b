# load_target.sh: what the benches of the load generator put load on, to be
# sourced: nginx with one worker, which returns 26 bytes.
. bench/begin.sh
need nginx-light util-linux

run_nginx() {
    cat >"$folder/nginx.conf" <<CONFIG
worker_processes 1;
daemon off;
pid $folder/nginx.pid;
events { worker_connections 20000; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  uwsgi_temp_path $folder/uwsgi;
  scgi_temp_path $folder/scgi;
  server {
    listen 127.0.0.1:$1;
    location / { return 200 "hello world, this is data\n"; }
  }
}
CONFIG
    exec taskset -c 1 nginx -c "$folder/nginx.conf" -e "$folder/error.log"
}

# start_on_free_port FIRST COMMAND...: run it in the background with a port that
# nobody listens on as its last argument: it ends at once where it gets none.
# Sets $port.
start_on_free_port() {
    port=$1
    last=$((port + 20))
    shift
    while [ "$port" -lt "$last" ]; do
        "$@" "$port" &
        started=$!
        sleep 1
        if kill -0 "$started" 2>/dev/null; then
            pids="$pids $started"
            return
        fi
        port=$((port + 1))
    done
    echo "$0: no free port for $1" >&2
    exit 1
}

# start_target FIRST_PORT: sets $url.
start_target() {
    start_on_free_port "$1" run_nginx
    url=http://127.0.0.1:$port/
}
