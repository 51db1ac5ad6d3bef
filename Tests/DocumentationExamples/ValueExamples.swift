import NIOCore
import RequestReply
import SpecParser
import TransportCore
import TypeName
import URLTemplate
import UnixSocket

/// The smallest uses of the modules that hold values and read text. What stands between `begin` and `end` is the text of
/// their pages.
enum ValueExamples {
    static func typeName() throws {
        // begin typename
        var table = EndpointTable<String>()
        try table.add(TargetFunctions(parsing: "com.example/*"), "http://bar.foo.com/")
        try table.add(TargetFunctions(parsing: "com.example/greeter"), "http://greeter.foo.com/")

        let address = try Address(parsing: "com.example/greeter/Bob")
        if let winner = table[address.typeName] {
            print(winner.endpoint, winner.target.precision)  // http://greeter.foo.com/ exact
        }
        // end typename
    }

    static func urlTemplate() throws {
        // begin urltemplate
        let template = try URLPathTemplate(specText: "https://bar.foo.com/{function.name}")
        print(try template.resolve(functionName: "greeter"))  // https://bar.foo.com/greeter
        // end urltemplate
    }

    static func unixSocket() throws {
        // begin unixsocket
        let location = try UnixSocketLocation(EndpointURL(parsing: "http+unix:///uds.sock/path/of/url"))
        print(location.socketPath, location.requestTarget)  // /uds.sock /path/of/url
        // end unixsocket
    }

    static func requestReply(answerBytes: [UInt8]) throws -> (bytes: [UInt8], answer: FunctionAnswer) {
        // begin requestreply
        let greeter = MessageAddress(namespace: "com.example", type: "greeter", id: "Bob")
        let batch = InvocationBatch(target: greeter, invocations: [InvocationBatch.Invocation(.string("hi"))])
        let bytes = try batch.encoded()
        // send them, then
        let answer = try FunctionAnswer(decoding: answerBytes)
        // end requestreply
        return (bytes, answer)
    }

    static func specParser(bytes: [UInt8]) {
        // begin specparser
        let text = ModuleText(file: "module.yaml", bytes: bytes)
        let module = ModuleParser<Target, Template>().parse(text, environment: ["HOST": "example.com"])

        print(DiagnosticRenderer().render(module.diagnostics, in: [text]), terminator: "")
        for endpoint in module.endpoints {
            print(endpoint.targets.value, endpoint.urlPathTemplate.value, endpoint.transportType.value)
        }
        // end specparser
    }

    static func retry() {
        // begin retry
        let limit = Setting(Duration.seconds(60), from: .byDefault)
        var machine = RetryMachine(
            policy: RetryPolicy(firstPause: .milliseconds(10), jitter: 0),
            budget: CallBudget(start: .zero, limit: limit)
        )
        let failedAt = TransportInstant.zero.advanced(by: .seconds(1))

        print(machine.callStarted(at: .zero))  // attempt
        let next = machine.attemptFailed(RequestReplyFailure(.connectFailed, "refused"), at: failedAt, chance: 0)
        print(next == .pause(until: failedAt.advanced(by: .milliseconds(10))))  // true
        // end retry
    }

    /// Reads a list of options as a transport does.
    static func options(_ properties: TransportProperties) -> TransportInspection {
        // begin options
        var reader = OptionReader(properties)
        let call = reader.duration("call", default: .seconds(60))
        let connect = reader.limit("connect", default: .seconds(10), within: call)
        let places = reader.integer("places", default: 4, in: 1...64)
        let inspection = reader.finish()
        // end options
        print(call.value, connect.value, places.value)
        return inspection
    }
}

/// Stands for the types that an assembly chooses.
private struct Target: SpecText, CustomStringConvertible {
    let specText: String

    init(specText text: String) {
        specText = text
    }

    var description: String { specText }
}

private typealias Template = URLPathTemplate
