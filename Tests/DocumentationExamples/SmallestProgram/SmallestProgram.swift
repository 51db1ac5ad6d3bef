import HTTPFunctionEndpoint
import RequestReply

@main struct SmallestProgram {
    static func main() async throws {
        let functions = try FunctionEndpoints(contentsOf: "module.yaml")
        let greeting = try FunctionValue(json: #"{"name": "Bob"}"#, typename: "example/GreetRequest")
        let outcome = try await functions.invoke("com.example/greeter", id: "Bob", greeting)
        print(outcome.result.egresses, outcome.state)
        await functions.shutdown()
    }
}
