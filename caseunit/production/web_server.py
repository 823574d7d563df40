"""How does the web server run in a container?"""

bind = "0.0.0.0:8000"
workers = 3
preload_app = True
threads = 4
worker_tmp_dir = "/dev/shm"  # noqa: S108 - memory, so that heartbeats never wait for a disk
max_requests = 5000
max_requests_jitter = 500
graceful_timeout = 30
control_socket_disable = True
