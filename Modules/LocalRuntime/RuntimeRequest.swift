public import RuntimeCore

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a tool asks of a runtime. Lists come a page at a time: those after the last one of the page before, 1,000 at most.
public enum RuntimeRequest: Codable, Hashable, Sendable {
    /// Take a message, by the same rules as one that an ingress brings.
    case send(to: RuntimeAddress, typename: String, value: OpaqueBytes, idempotencyKey: String?)
    /// Which addresses keep values, in their order; of one function type, or of every one.
    case addresses(functionType: String?, after: RuntimeAddress?, limit: Int)
    /// What an address keeps.
    case state(of: RuntimeAddress)
    /// Let a value be this from now on. Functions of the type have declared it, with the same typename.
    case setState(of: RuntimeAddress, name: String, typename: String, value: OpaqueBytes)
    /// Forget the value of that name, or all where there is no name.
    case clearState(of: RuntimeAddress, name: String?)
    /// What waits, and why; addresses in their order, of one function type or of every one.
    case pending(functionType: String?, after: RuntimeAddress?, limit: Int)
    /// What was given up, the oldest first.
    case deadLetters(after: Int64?, limit: Int)
    /// What a dead letter holds.
    case deadLetter(sequence: Int64)
    /// Try dead letters again: messages go to the end of the line of their address, and what was meant for an egress is
    /// offered to it.
    case replay(sequences: [Int64])
    /// Forget dead letters.
    case drop(sequences: [Int64])

    /// Reads the JSON text of a request.
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
