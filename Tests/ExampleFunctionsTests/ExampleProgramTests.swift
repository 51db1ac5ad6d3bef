import RequestReply
import SwiftProtobuf
import TestSupport
import Testing
import TransportCore

@testable import example_functions

@Suite struct ExampleProgramTests {
    /// A call of the greeter that brings no state.
    private var call: [UInt8] {
        get throws {
            var request = WireToFunction()
            request.invocation.target.namespace = "com.example"
            request.invocation.target.type = "greeter"
            request.invocation.target.id = "Bob"
            request.invocation.invocations = [.init()]
            return try request.serializedBytes()
        }
    }

    @Test("the program serves a port and a socket at once and says where")
    func serving() async throws {
        let folder = try TemporaryDirectory()
        let program = "\(RepositoryLayout.products)/example-functions"
        let peer = try await SubprocessPeer(program, ["--port", "0", "--unix", folder.file("example.sock")])
        let urls = peer.readyText.split(separator: " ").map(String.init)
        #expect(urls.count == 2)
        #expect(urls.last == "http+unix://\(folder.file("example.sock"))")
        for url in urls {
            let answer = try await PythonClient.post(call, to: "\(url)/com.example/greeter")
            #expect(answer.status == 200)
            #expect(answer.contentType == "application/octet-stream")
            #expect(answer.body.hasPrefix("aa06"), "asks for its state")
        }
        let failed = try await PythonClient.post([0xFF], to: urls[0])
        #expect(failed.status == 500)
        await peer.stop()
    }

    @Test("the Swift greeter and the one of the published SDK ask for the same state")
    func agreement() async throws {
        let published = try await SDKFunctions.shared()
        let own = FunctionTable([.greeter])
        let answer = try await PythonClient.post(call, to: published[.http])
        let bytes = try own.answer(call)
        let asked = try WireFromFunction(serializedBytes: bytes).incompleteInvocationContext.missingValues
        let digits = Array(answer.body)
        let theirs = stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
        let expected = try WireFromFunction(serializedBytes: theirs).incompleteInvocationContext.missingValues
        #expect(asked.map(\.stateName) == expected.map(\.stateName))
        #expect(asked.map(\.typeTypename) == expected.map(\.typeTypename))
        #expect(asked.map(\.expirationSpec) == expected.map(\.expirationSpec))
    }
}
