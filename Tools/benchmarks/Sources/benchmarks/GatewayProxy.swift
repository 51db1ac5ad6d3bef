import Foundation

/// `statefun gateway` with the asynchronous transport, and otherwise with what it does by default.
final class GatewayProxy: Proxy {
    static let proxyName = "statefun gateway"
    let name = GatewayProxy.proxyName
    let port: Int
    let socket: String
    private let child: ChildProgram

    /// - Parameter url: where the function is called.
    /// - Throws: ``BenchmarkFailure`` where it does not start.
    init(url: String, in folder: TemporaryFolder) throws {
        port = try FreePort.find()
        socket = folder.file("gateway-\(port).sock")
        let module = """
            kind: io.statefun.endpoints.v2/http
            spec:
              functions: example/*
              urlPathTemplate: \(url)
              transport:
                type: io.statefun.transports.v1/async
            """
        let file = try folder.write(Array(module.utf8), "gateway-\(port).yaml")
        child = try ChildProgram(
            try ProgramPaths.sibling("statefun"),
            ["gateway", file, "--listen", "127.0.0.1:\(port)", "--listen", "unix:\(socket)"],
            stopSignal: SIGTERM,
            isQuiet: true
        )
        while try !child.readLine().hasPrefix("passing on") {}
    }

    func reading() throws -> ProcessReading { try ProcessReading(child.processID) }

    func stop() { child.end() }
}
