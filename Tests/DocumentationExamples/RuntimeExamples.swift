import HTTPFunctionEndpoint
import LocalRuntime
import RuntimeCore

/// The uses of `LocalRuntime`. What stands between `begin` and `end` is the text of its page.
enum RuntimeExamples {
    static func run(_ module: FunctionModule, _ transports: StandardTransports) async throws {
        // begin runtime
        let runtime = LocalRuntime(module, transports: transports.registry, store: InMemoryStateStore())
        try await runtime.start()
        try await runtime.messages.accept(
            IngressMessage(
                to: RuntimeAddress(functionType: "com.example/greeter", id: "Bob"),
                typename: "example/GreetRequest",
                .encoded(Array(#"{"name": "Bob"}"#.utf8))
            )
        )
        await runtime.stop(drainingFor: .seconds(10))
        // end runtime
    }
}
