import Foundation

/// nginx as Debian has it, as a reverse proxy with one worker and connections that stay open on both sides.
final class NginxProxy: Proxy {
    static let peerName = "nginx"
    let name = NginxProxy.peerName
    let port: Int
    let socket: String
    private let child: ChildProgram
    private let worker: Int32

    /// - Parameter serverPort: the port of 127.0.0.1 that requests are passed on to.
    /// - Throws: ``BenchmarkFailure`` where it is not installed or does not start.
    init(serverPort: Int, in folder: TemporaryFolder) throws {
        // Debian keeps it where only root's PATH leads.
        guard let program = ChildProgram.find("nginx") ?? ["/usr/sbin/nginx"].first(where: FileManager.default.isExecutableFile) else {
            throw BenchmarkFailure("nginx is not installed; scripts/bench installs it, or: apt-get install nginx-light")
        }
        port = try FreePort.find()
        socket = folder.file("nginx-\(port).sock")
        let text = Self.configuration(folder: folder.path, port: port, socket: socket, serverPort: serverPort)
        let file = try folder.write(Array(text.utf8), "nginx-\(port).conf")
        child = try ChildProgram(program, ["-e", "stderr", "-p", folder.path, "-c", file], stopSignal: SIGTERM, isQuiet: true)
        let announcement = "start worker process "
        var worker: Int32?
        // It listens before it starts its worker.
        while worker == nil {
            let line = try child.readLine()
            worker = line.range(of: announcement).flatMap { Int32(line[$0.upperBound...]) }
        }
        self.worker = worker ?? 0
    }

    func reading() throws -> ProcessReading { try ProcessReading(worker) }

    func stop() { child.end() }

    private static func configuration(folder: String, port: Int, socket: String, serverPort: Int) -> String {
        // A request is put together in memory, as the gateway does it for its retries: with 100 KB that is much
        // faster than `proxy_request_buffering off`, and than a file. Connections are not ended after a number of
        // requests, which would make it slower.
        """
        daemon off;
        worker_processes 1;
        worker_rlimit_nofile 16384;
        error_log /dev/stdout notice;
        pid \(folder)/nginx-\(port).pid;
        events { worker_connections 4096; }
        http {
            access_log off;
            client_body_temp_path \(folder)/nginx-bodies;
            proxy_temp_path \(folder)/nginx-answers;
            client_max_body_size 0;
            client_body_buffer_size 256k;
            keepalive_timeout 1h;
            keepalive_requests 1000000000;
            upstream functions {
                server 127.0.0.1:\(serverPort);
                keepalive 1024;
                keepalive_requests 1000000000;
            }
            server {
                listen 127.0.0.1:\(port) backlog=4096;
                listen unix:\(socket) backlog=4096;
                location / {
                    proxy_pass http://functions;
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                }
            }
        }

        """
    }
}
