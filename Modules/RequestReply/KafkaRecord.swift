internal import SwiftProtobuf

/// What a function sends to a Kafka egress, taken apart to be shown.
struct KafkaRecord {
    private let message: WireKafkaProducerRecord
    private let value: [UInt8]

    init?(typename: String, bytes: [UInt8]) {
        guard typename == FunctionValue.kafkaProducerRecordTypename,
            let message = try? WireKafkaProducerRecord(serializedBytes: bytes)
        else { return nil }
        self.message = message
        self.value = [UInt8](message.valueBytes)
    }

    var rendered: String {
        var parts = ["topic \(JSONText.quoted(message.topic))"]
        if !message.key.isEmpty {
            parts.append("key \(JSONText.quoted(message.key))")
        }
        parts.append("value \(JSONText.compacted(value) ?? shownText.map(JSONText.quoted) ?? FunctionValue.renderedBytes(value))")
        return parts.joined(separator: " ")
    }

    var json: String {
        var members = [(key: "topic", json: JSONText.quoted(message.topic))]
        if !message.key.isEmpty {
            members.append(("key", JSONText.quoted(message.key)))
        }
        members.append(FunctionValue.jsonMember(value))
        return JSONText.object(members)
    }

    /// The value where it is text; what goes to Kafka often is.
    private var shownText: String? {
        guard !value.isEmpty, let text = String(validating: value, as: UTF8.self), text.unicodeScalars.allSatisfy(\.isShowable) else {
            return nil
        }
        return text
    }
}
