public import RuntimeCore

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a runtime answers to a ``RuntimeRequest``. What has been changed is stored already.
public enum RuntimeAnswer: Codable, Hashable, Sendable {
    /// It was not done, for the reason that the text gives in a sentence without a full stop.
    case refused(reason: String)
    /// The message will be delivered.
    case accepted
    /// - hasMore: whether others come after these.
    case addresses(found: [AddressSummary], hasMore: Bool)
    /// - values: those that are set, in the order of their names.
    /// - declared: what the functions of the type have declared, in the order in which they did.
    case state(values: [KeptValue], declared: [DeclaredValue])
    /// Which values were set or cleared.
    case changed(names: [String])
    case pending(summary: PendingSummary, found: [PendingAddress], hasMore: Bool)
    case deadLetters(found: [LetterSummary], hasMore: Bool)
    /// - messages: those of a batch, as `ToFunction.Invocation` messages.
    /// - egressValue: what was meant for an egress, as a `TypedValue` message.
    case deadLetter(summary: LetterSummary, messages: [OpaqueBytes], egressValue: OpaqueBytes?)
    /// What became of each dead letter.
    case settled(sequences: [Int64], refused: [RefusedLetter])

    /// Reads the JSON text of an answer.
    /// - Throws: an error of the decoder where it is none.
    public init(decoding bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(bytes))
    }

    /// The JSON text.
    /// - Throws: an error of the encoder.
    public func encoded() throws -> [UInt8] {
        Array(try JSONEncoder().encode(self))
    }
}

extension RuntimeAnswer {
    /// An address and the names of the values that it keeps.
    public struct AddressSummary: Codable, Hashable, Sendable {
        public let address: RuntimeAddress
        /// In their order.
        public let names: [String]
        /// How many bytes the values have together.
        public let bytes: Int
    }

    /// A value that an address keeps.
    public struct KeptValue: Codable, Hashable, Sendable {
        public let name: String
        /// A `TypedValue` message.
        public let value: OpaqueBytes
        /// When it is forgotten, in milliseconds since 1970-01-01 00:00 UTC; `nil` for never.
        public let expires: Int64?
    }

    /// A value that the functions of a type have declared.
    public struct DeclaredValue: Codable, Hashable, Sendable {
        public let name: String
        public let typename: String
    }

    /// What waits in all.
    public struct PendingSummary: Codable, Hashable, Sendable {
        /// By function type, those that something waits for.
        public let functions: [PendingFunction]
        /// How many messages are sent later.
        public let delayed: Int
        /// Whether these are all; no more are counted than takes a moment.
        public let isDelayedComplete: Bool
        /// When the next one of them is sent, in milliseconds since 1970-01-01 00:00 UTC.
        public let nextDelayed: Int64?
        /// Records that wait to be taken, by topic, those that have any.
        public let egress: [PendingTopic]
        /// Why nothing can be stored, so that no call begins.
        public let storeFailure: String?
        /// Whether functions are called at all.
        public let isRunning: Bool
    }

    /// Records that wait to be taken.
    public struct PendingTopic: Codable, Hashable, Sendable {
        public let topic: String
        public let records: Int
    }

    /// What waits for the functions of one type.
    public struct PendingFunction: Codable, Hashable, Sendable {
        public let functionType: String
        public let messages: Int
        public let addresses: Int
        /// Whether these are all of its addresses; otherwise the store has others.
        public let isComplete: Bool
        /// How many of the addresses wait because of a failure.
        public let blocked: Int
        /// What a call failed with.
        public let lastFailure: String?
    }

    /// What waits for one address.
    public struct PendingAddress: Codable, Hashable, Sendable {
        /// What an address waits for itself.
        public enum Standing: String, Codable, Hashable, Sendable {
            /// Its turn.
            case inLine
            /// The answer of its function.
            case called
            /// The end of a pause, as its last call has failed.
            case pausing
            /// What comes of the call of another address, as the function could not be reached.
            case blocked
        }

        public let address: RuntimeAddress
        public let messages: Int
        public let standing: Standing
        /// How many calls with its batch have failed.
        public let failures: Int
        /// What the last one failed with.
        public let lastFailure: String?
        /// How long ago the first one failed, in milliseconds.
        public let failingFor: Int64?
    }

    /// Something that was given up.
    public struct LetterSummary: Codable, Hashable, Sendable {
        /// What it is named by.
        public let sequence: Int64
        /// When it was given up, in milliseconds since 1970-01-01 00:00 UTC.
        public let time: Int64
        /// The function that was called, or that sent to the egress.
        public let address: RuntimeAddress
        /// The egress that it was sent to; `nil` for messages to the address.
        public let egress: String?
        /// How many messages there are; 1 for an egress.
        public let messages: Int
        public let bytes: Int
        public let cause: String
        /// How many calls were made with it.
        public let attempts: Int
    }

    /// A dead letter that stays one.
    public struct RefusedLetter: Codable, Hashable, Sendable {
        public let sequence: Int64
        public let reason: String
    }
}
