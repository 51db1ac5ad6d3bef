import HTTPFunctionEndpoint
import RequestReply
import TransportCore
import TypeName

/// Uses of the assembly. What stands between `begin` and `end` is the text of its page.
enum FunctionExamples {
    static func functions(path: String) async throws {
        // begin functions
        let functions = try FunctionEndpoints(contentsOf: path)
        let bob = try Address(parsing: "com.example/counter/Bob")
        for number in 1...3 {
            let outcome = try await functions.invoke(bob, [.long(Int64(number))])
            print(outcome.state.map(\.text))
        }
        await functions.shutdown()
        // end functions
    }

    static func resolution(path: String) throws {
        // begin resolution
        let transports = StandardTransports()
        let module = try FunctionModule(
            contentsOf: path,
            options: .init(environment: ["HOST": "bar.foo.com"]),
            transports: transports.registry,
            connector: transports.connector
        )
        for problem in module.diagnostics {
            print(problem)
        }
        let resolution = try module.resolve(try TypeName(parsing: "com.example/greeter"))
        print(resolution.url)  // https://bar.foo.com/greeter
        for option in resolution.endpoint.options {
            print(option.name, option.value, option.source)
        }
        // end resolution
    }
}
