import Foundation
import TestSupport
import Testing
import TransportCore

@Suite struct SDKFunctionsTests {
    private func post(_ body: [UInt8], to url: String, _ functions: SDKFunctions, _ identity: TestCertificates.Identity? = nil)
        async throws -> PythonClient.Answer
    {
        try await PythonClient.post(body, to: url, authority: functions.authority, identity: identity)
    }

    /// One length-delimited field of a protocol buffer.
    private func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        let tag = UInt16(number) << 3 | 2
        let tagBytes = tag < 0x80 ? [UInt8(tag)] : [UInt8(tag & 0x7F) | 0x80, UInt8(tag >> 7)]
        return tagBytes + [UInt8(content.count)] + content
    }

    private func field(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    /// A `ToFunction` with one invocation of `com.example/name/Bob` and no state.
    private func call(_ name: String) -> [UInt8] {
        let target = field(1, "com.example") + field(2, name) + field(3, "Bob")
        let argument = field(1, "example/GreetRequest") + [0x10, 1] + field(3, #"{"name":"Bob"}"#)
        return field(100, field(1, target) + field(3, field(2, argument)))
    }

    /// A `FromFunction` that asks for the state `seen_count`, an `int` that never expires. An expiration spec whose
    /// mode is the first one has no content.
    private var missingSeenCount: String {
        let value = field(1, "seen_count") + field(2, []) + field(3, "io.statefun.types/int")
        return field(101, field(1, value)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test("the greeter asks for its state, whatever the scheme and the path", arguments: EndpointURL.Scheme.allCases)
    func schemes(scheme: EndpointURL.Scheme) async throws {
        let functions = try await SDKFunctions.shared()
        let url = functions[scheme]
        #expect(url.hasPrefix("\(scheme.rawValue)://"))
        let answer = try await post(call("greeter"), to: "\(url)/any/path", functions)
        #expect(answer.status == 200)
        #expect(answer.contentType == "application/octet-stream")
        #expect(answer.body == missingSeenCount)
    }

    @Test("the function that fails on purpose is a 500, and one without effects is empty", arguments: [("failing", 500), ("sink", 200)])
    func statuses(name: String, status: Int) async throws {
        let functions = try await SDKFunctions.shared()
        let answer = try await post(call(name), to: functions[.http], functions)
        #expect(answer.status == status)
        if status == 200 {
            // An invocation result that holds nothing.
            #expect(answer.body == "a20600" || answer.body.isEmpty)
        }
    }

    @Test("every function of the file answers an invocation without state")
    func allFunctions() async throws {
        let functions = try await SDKFunctions.shared()
        for name in ["greeter", "counter", "types", "timer", "expiring"] {
            let answer = try await post(call(name), to: functions[.http], functions)
            #expect(answer.status == 200, "\(name): \(functions.log)")
            #expect(answer.body.hasPrefix("aa06"), "\(name) asks for state")
        }
    }

    @Test("a server that asks for certificates serves only those who show one that it trusts")
    func clientCertificates() async throws {
        let functions = try await SDKFunctions.start([.https], clientCertificates: .required)
        let certificates = functions.certificates
        #expect(try await post(call("sink"), to: functions[.https], functions, certificates.client).status == 200)
        await #expect(throws: PythonClient.CallFailed.self) { try await post(call("sink"), to: functions[.https], functions) }
        await #expect(throws: PythonClient.CallFailed.self) {
            try await post(call("sink"), to: functions[.https], functions, certificates.strangerClient)
        }
        await functions.stop()
    }

    @Test("a wrong certificate is shown where a test asks for it", arguments: [TestCertificates.Server.expired, .wrongHost, .selfSigned])
    func wrongCertificates(server: TestCertificates.Server) async throws {
        let functions = try await SDKFunctions.start([.https], certificate: server)
        await #expect(throws: PythonClient.CallFailed.self) { try await post(call("sink"), to: functions[.https], functions) }
        await functions.stop()
    }
}
