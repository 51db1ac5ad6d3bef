internal import SwiftProtobuf

/// Reading messages.
enum WireDecoding {
    /// What an error of the protobuf library means, in a clause.
    static func reason(_ error: any Error) -> String {
        switch error as? BinaryDecodingError {
        case .truncated: "they end too early"
        case .invalidUTF8: "a text in them is not UTF-8"
        case .messageDepthLimit: "messages are nested too deeply in them"
        case .trailingGarbage, .malformedProtobuf, .missingRequiredFields, .internalExtensionError, nil:
            "they are not a protobuf message"
        }
    }
}
