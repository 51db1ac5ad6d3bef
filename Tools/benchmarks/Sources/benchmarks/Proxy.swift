import NIOCore
import NIOPosix

/// A program that takes requests and passes them on to the server in C.
protocol Proxy: AnyObject {
    var name: String { get }
    /// Of 127.0.0.1.
    var port: Int { get }
    /// The path of its UNIX domain socket.
    var socket: String { get }
    /// What the process says that does the work.
    func reading() throws -> ProcessReading
    func stop()
}

/// A port that nobody listens on, for programs that cannot choose one themselves.
enum FreePort {
    /// - Throws: ``BenchmarkFailure`` where the system has none.
    static func find() throws -> Int {
        do {
            let listener = try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0).wait()
            let port = listener.localAddress?.port
            try listener.close().wait()
            if let port { return port }
        } catch {
            throw BenchmarkFailure("the system has no free port: \(error)")
        }
        throw BenchmarkFailure("the system did not say which port is free")
    }
}
