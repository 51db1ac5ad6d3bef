import Batching
import ConformanceKit
import NIOCore
import RequestReply
import TestSupport
import Testing
import TransportCore

@testable import DocumentationExamples

/// Runs the examples of the documentation, and holds their comments to what they print.
@Suite struct ExampleTests {
    private func block(_ document: String, _ region: String) throws -> DocumentedCode {
        try #require(
            try DocumentedCode.all().first { block in
                guard case .file(_, region)? = block.mark else { return false }
                return block.document == "Documentation/\(document).md"
            }
        )
    }

    @Test(
        "what an example prints is what its comments say",
        arguments: [
            ("TypeName", "typename", ValueExamples.typeName),
            ("URLTemplate", "urltemplate", ValueExamples.urlTemplate),
            ("UnixSocket", "unixsocket", ValueExamples.unixSocket),
            ("TransportCore", "retry", ValueExamples.retry),
        ] as [(String, String, @Sendable () throws -> Void)]
    )
    func printed(document: String, region: String, example: @Sendable () throws -> Void) async throws {
        let promised = try block(document, region).promisedOutput
        #expect(!promised.isEmpty)
        #expect(try await ExampleOutput.of { try example() } == promised)
    }

    @Test("a batch is written and an answer read")
    func requestReply() throws {
        let (bytes, answer) = try ValueExamples.requestReply(answerBytes: [])
        #expect(bytes.count == 70)
        #expect(answer == .result(InvocationResult()))
    }

    @Test("a module is read and its problems are shown")
    func specParser() async {
        let text =
            "kind: io.statefun.endpoints.v2/http\nspec:\n  functions: com.example/*\n  urlPathTemplate: http://${HOST}/\n  tansport: 1\n"
        let printed = await ExampleOutput.of { ValueExamples.specParser(bytes: Array(text.utf8)) }
        #expect(printed.first?.hasPrefix("module.yaml:5:3: warning: 'tansport'") == true)
        #expect(printed.last == "com.example/* http://example.com/ io.statefun.transports.v1/okhttp")
    }

    @Test("the options of a transport are read with every problem")
    func options() async {
        let place = SourcePosition(line: 1, column: 1)
        let entries = [("call", "5s"), ("places", "100"), ("conect", "1s")].map {
            SpecNode.Entry(key: $0.0, keyPosition: place, value: SpecNode(.scalar($0.1), at: place))
        }
        let properties = TransportProperties(file: "module.yaml", node: SpecNode(.mapping(entries), at: place))
        let inspection = ValueExamples.options(properties)
        #expect(inspection.options.map { "\($0.name) \($0.value)" } == ["call 5 s", "connect 5 s", "places 4"])
        #expect(inspection.problems.map(\.severity).sorted { $0.rawValue < $1.rawValue } == [.error, .warning])
    }

    @Test("both transports and a bare connection carry a call")
    func transports() async throws {
        let payload = ByteBuffer(string: "request")
        let server = try await RawServer.start(.tcp, [.readRequest, .sendResult(Array("answer".utf8))])
        let url = "http://127.0.0.1:\(server.port)/greeter"
        #expect(try await TransportExamples.async(url: url, payload: payload) == ByteBuffer(string: "answer"))
        let blocking = Task.detached { try TransportExamples.blocking(url: url, payload: payload) }
        #expect(try await blocking.value == ByteBuffer(string: "answer"))
        let response = try await TransportExamples.exchange(url: url, body: payload)
        #expect(response.body == ByteBuffer(string: "answer"))
        #expect(server.connectionCount == 3)
    }

    @Test("the fixtures run against a transport type of a user")
    func conformance() async throws {
        let results = try await ConformanceExample.run()
        #expect(results.count >= 5)
        for result in results {
            #expect(result.passed, "\(result)")
        }
    }

    @Test("invocations are collected for an address")
    func mailboxes() async throws {
        #expect(try await BatchingExamples.mailboxes() == 5)
        let performed = BatchingExamples.machine(address: "com.example/adder/Bob", group: .init(number: 0))
        #expect(!performed.isEmpty)
    }

    @Test("a store gives back what was committed")
    func store() async throws {
        let folder = try TemporaryDirectory()
        #expect(try await StoreExamples.store(path: folder.file("store.sqlite")) == [1])
    }

    // MARK: - Modules

    @Test("a transport type of one's own is configured by the file and carries calls")
    func customTransport() async throws {
        let promised = try block("CustomTransport", "use").promisedOutput
        let path = RepositoryLayout.path("Tests/DocumentationExamples/custom-transport.yaml")
        #expect(try await ExampleOutput.of { try await CustomTransportExample.use(path: path) } == promised)
    }

    @Test("a transport type of one's own says what is wrong with its options when the file is loaded")
    func customInspection() throws {
        let place = SourcePosition(line: 7, column: 5)
        func properties(_ text: String) -> TransportProperties {
            let entry = SpecNode.Entry(key: "payload_max_bytes", keyPosition: place, value: SpecNode(.scalar(text), at: place))
            return TransportProperties(file: "module.yaml", node: SpecNode(.mapping([entry]), at: place))
        }
        let sound = CustomTransportExample.inspection(of: properties("100"))
        #expect(sound.options.map { "\($0.name) \($0.value) \($0.source)" } == ["payload_max_bytes 100 module.yaml:7:5"])
        #expect(CustomTransportExample.inspection(of: properties("many")).problems.map(\.position) == [place])
    }

    @Test("functions of the published SDK are called through a file")
    func functions() async throws {
        let peer = try await SDKFunctions.shared()
        let folder = try TemporaryDirectory()
        let module = try folder.write(moduleText(peer[.http]), to: "module.yaml")
        let printed = try await ExampleOutput.of { try await FunctionExamples.functions(path: module) }
        #expect(printed == [#"["count=long:1"]"#, #"["count=long:3"]"#, #"["count=long:6"]"#])
    }

    @Test("a file is resolved without calling anybody")
    func resolution() async throws {
        let folder = try TemporaryDirectory()
        let module = try folder.write(moduleText("https://${HOST}"), to: "module.yaml")
        let printed = try await ExampleOutput.of { try FunctionExamples.resolution(path: module) }
        #expect(printed.first == "https://bar.foo.com/greeter")
        #expect(printed.contains("timeouts.call 1 min default"))
    }

    @Test("the smallest program calls a function of the published SDK and prints what it wants")
    func smallestProgram() async throws {
        let peer = try await SDKFunctions.shared()
        let folder = try TemporaryDirectory()
        _ = try folder.write(moduleText(peer[.http]), to: "module.yaml")
        let program = "\(RepositoryLayout.products)/SmallestProgram"
        let outcome = try await ChildProcess.run(program, directory: folder.path)
        #expect(outcome.errors == "")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("Hello Bob for the 1. time"))
        #expect(outcome.output.contains("seen_count"))
    }

    private func moduleText(_ base: String) -> String {
        "kind: io.statefun.endpoints.v2/http\nspec:\n  functions: com.example/*\n  urlPathTemplate: \(base)/{function.name}\n"
    }
}
