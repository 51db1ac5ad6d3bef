import ArgumentParser

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Serves the functions that the example `module.yaml` beside this file names.
@main
struct ExampleFunctions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "example-functions",
        abstract: "Serves example functions until it is ended.",
        discussion: "When it can be called it prints a line that begins with 'ready' and holds its URLs."
    )

    @Option(help: "The port to listen on, on this machine only; 0 takes a free one.")
    var port = 8000

    @Option(help: "A UNIX domain socket to listen on as well.")
    var unix: String?

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("a port is a number from 0 to 65535") }
    }

    func run() async throws {
        let functions = FunctionTable([.greeter, .counter, .person, .personGreeter])
        let server = FunctionServer(functions: functions)
        var urls = ["http://127.0.0.1:\(try await server.listen(onPort: port))"]
        if let unix {
            try await server.listen(onSocket: unix)
            urls.append("http+unix://\(unix)")
        }
        print("ready \(urls.joined(separator: " "))")
        // Output that goes to a pipe or a file is kept back otherwise.
        fflush(nil)
        try await server.untilClosed()
    }
}
