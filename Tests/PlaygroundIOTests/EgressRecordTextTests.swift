import RuntimeCore
import TestSupport
import Testing

@testable import PlaygroundIO

@Suite struct EgressRecordTextTests {
    private func read(_ text: String, typename: String = EgressRecordText.typename) throws(EgressFault) -> EgressContent {
        try EgressRecordText.read(typename: typename, value: Array(text.utf8))
    }

    @Test(
        "a string is handed out as the text that it stands for, another value as JSON text",
        arguments: [
            (#"{"topic": "greetings", "payload": "Hello \"Bob\"\u00e9"}"#, #"Hello "Bob"é"#),
            (#"{"payload": {"name": "Bob", "n": [1, 2.50]}, "topic": "greetings"}"#, #"{"name":"Bob","n":[1,2.50]}"#),
            (#"{"topic": "greetings", "payload": null, "more": 1}"#, "null"),
            (#"{"topic": "greetings", "payload": ""}"#, ""),
        ]
    )
    func payloads(json: String, payload: String) throws {
        #expect(try read(json) == EgressContent(topic: "greetings", payload: Array(payload.utf8)))
    }

    private static let remedy = #"send {"topic": "name", "payload": "text"}"#

    @Test(
        "a record that is none says what to send",
        arguments: [
            ("{}", "the record has no 'topic'; \(remedy)"),
            (#"{"topic":"a"}"#, "the record has no 'payload'; \(remedy)"),
            (#"{"topic":1,"payload":""}"#, "'topic' is not a text; \(remedy)"),
            (#"{"topic":"a","topic":"b","payload":""}"#, "the record has 'topic' 2 times; \(remedy)"),
            ("hello", "the value of type io.statefun.playground/EgressRecord is not a JSON object; \(remedy)"),
        ]
    )
    func faults(json: String, sentence: String) {
        #expect(throws: EgressFault(sentence)) { try read(json) }
    }

    @Test("a value of another type is refused")
    func otherType() {
        let sentence = "the value has the type io.statefun.types/string; send one of type io.statefun.playground/EgressRecord"
        #expect(throws: EgressFault(sentence)) { try read("{}", typename: "io.statefun.types/string") }
    }

    @Test("a topic that the egress does not have comes with those that it has")
    func unknownTopic() {
        let egress = PlaygroundEgress(PlaygroundEgressSpec(port: 0, topics: ["a", "b"]), logger: RecordedLog().logger)
        #expect(throws: EgressFault("the egress has no topic 'c'; it has a, b")) {
            try egress.content(typename: EgressRecordText.typename, value: Array(#"{"topic":"c","payload":""}"#.utf8))
        }
    }
}
