internal import SwiftProtobuf

/// What a function answers to a batch.
public enum FunctionAnswer: Hashable, Sendable {
    /// The batch is done.
    case result(InvocationResult)
    /// Nothing has happened yet: the function needs these values registered, and the same batch again with them in it.
    /// Never empty.
    case incomplete([MissingState])

    /// Reads the bytes of a `FromFunction` message. No bytes at all are a result without effects.
    /// - Throws: ``MalformedAnswer`` where they are no such message, and where the message breaks the protocol.
    public init(decoding bytes: [UInt8]) throws(MalformedAnswer) {
        if let plain = bytes.withUnsafeBytes({ PlainAnswer.read($0, in: bytes) }) {
            self = .result(plain)
            return
        }
        let message: WireFromFunction
        do {
            message = try WireFromFunction(serializedBytes: bytes)
        } catch {
            throw MalformedAnswer(
                "",
                "the \(bytes.count) bytes of the answer are not a FromFunction message: \(WireDecoding.reason(error))"
            )
        }
        try self.init(message)
    }

    /// Reads the bytes of a `FromFunction` message where that can be done without looking at it twice, as with nearly all results;
    /// `nil` where ``init(decoding:)-([UInt8])`` has to, be it to say what is wrong.
    package init?(decodingPlain bytes: UnsafeRawBufferPointer) {
        guard let result = PlainAnswer.read(bytes, in: nil) else { return nil }
        self = .result(result)
    }

    /// Checks a message and takes it apart.
    /// - Throws: ``MalformedAnswer`` where the message breaks the protocol.
    public init(_ message: WireFromFunction) throws(MalformedAnswer) {
        switch message.response {
        case .invocationResult(let result):
            self = .result(try InvocationResult(result))
        case .incompleteInvocationContext(let context):
            guard !context.missingValues.isEmpty else {
                throw MalformedAnswer("incomplete_invocation_context", "the function asks for state without naming any")
            }
            self = .incomplete(try checked("missing_values", context.missingValues, MissingState.init))
        case nil:
            self = .result(InvocationResult())
        }
    }
}

/// Takes the items of a list apart, and says which one an error is about.
private func checked<Item, Value>(
    _ field: String,
    _ items: [Item],
    _ read: (Item, _ item: String) throws(MalformedAnswer) -> Value
) throws(MalformedAnswer) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(items.count)
    for (index, item) in items.enumerated() {
        values.append(try read(item, "\(field)[\(index)]"))
    }
    return values
}

extension InvocationResult {
    fileprivate init(_ wire: WireFromFunction.InvocationResponse) throws(MalformedAnswer) {
        self.init(
            stateChanges: try checked("state_mutations", wire.stateMutations, StateValue.init),
            messages: try checked("outgoing_messages", wire.outgoingMessages, Message.init),
            delayedMessages: try checked("delayed_invocations", wire.delayedInvocations, DelayedMessage.init),
            egresses: try checked("outgoing_egresses", wire.outgoingEgresses, EgressMessage.init)
        )
    }
}

extension StateValue {
    fileprivate init(_ wire: WireFromFunction.PersistedValueMutation, _ item: String) throws(MalformedAnswer) {
        guard !wire.stateName.isEmpty else { throw MalformedAnswer(item, "the mutation names no state") }
        let item = "\(item) of state \(wire.stateName.shownShort)"
        switch wire.mutationType {
        case .delete:
            self.init(wire.stateName, nil)
        case .modify:
            self.init(wire.stateName, try FunctionValue(wire.stateValue, isPresent: wire.hasStateValue, "value", item))
        case .UNRECOGNIZED(let number):
            throw MalformedAnswer(item, "the mutation type \(number) is neither DELETE (0) nor MODIFY (1)")
        }
    }
}

extension InvocationResult.Message {
    fileprivate init(_ wire: WireFromFunction.Invocation, _ item: String) throws(MalformedAnswer) {
        let target = try MessageAddress(wire.target, isPresent: wire.hasTarget, item)
        self.init(
            to: target,
            try FunctionValue(wire.argument, isPresent: wire.hasArgument, "argument", "\(item) to \(target.description.shownShort)")
        )
    }
}

extension InvocationResult.DelayedMessage {
    fileprivate init(_ wire: WireFromFunction.DelayedInvocation, _ item: String) throws(MalformedAnswer) {
        guard !wire.isCancellationRequest else {
            guard !wire.cancellationToken.isEmpty else { throw MalformedAnswer(item, "the cancellation has no token") }
            self = .cancel(token: wire.cancellationToken)
            return
        }
        let target = try MessageAddress(wire.target, isPresent: wire.hasTarget, item)
        let item = "\(item) to \(target.description.shownShort)"
        guard wire.delayInMs >= 0 else { throw MalformedAnswer(item, "the delay is negative: \(wire.delayInMs) ms") }
        self = .send(
            InvocationResult.Message(to: target, try FunctionValue(wire.argument, isPresent: wire.hasArgument, "argument", item)),
            after: .milliseconds(wire.delayInMs),
            token: wire.cancellationToken.isEmpty ? nil : wire.cancellationToken
        )
    }
}

extension InvocationResult.EgressMessage {
    fileprivate init(_ wire: WireFromFunction.EgressMessage, _ item: String) throws(MalformedAnswer) {
        guard !wire.egressNamespace.isEmpty, !wire.egressType.isEmpty else {
            throw MalformedAnswer(item, "the egress has no \(wire.egressNamespace.isEmpty ? "namespace" : "type")")
        }
        let egress = "\(wire.egressNamespace)/\(wire.egressType)"
        self.init(to: egress, try FunctionValue(wire.argument, isPresent: wire.hasArgument, "argument", "\(item) to \(egress.shownShort)"))
    }
}

extension MissingState {
    fileprivate init(_ wire: WireFromFunction.PersistedValueSpec, _ item: String) throws(MalformedAnswer) {
        guard !wire.stateName.isEmpty else { throw MalformedAnswer(item, "the missing state has no name") }
        let item = "\(item) \(wire.stateName.shownShort)"
        guard !wire.typeTypename.isEmpty else { throw MalformedAnswer(item, "the missing state has no typename") }
        let expiration: Expiration
        switch wire.expirationSpec.mode {
        case .none: expiration = .never
        case .afterWrite: expiration = .afterWrite(try Self.duration(wire.expirationSpec, item))
        case .afterInvoke: expiration = .afterInvocation(try Self.duration(wire.expirationSpec, item))
        case .UNRECOGNIZED(let number):
            throw MalformedAnswer(item, "the expiration mode \(number) is none of NONE (0), AFTER_WRITE (1) and AFTER_INVOKE (2)")
        }
        self.init(wire.stateName, typename: wire.typeTypename, expiration: expiration)
    }

    private static func duration(_ wire: WireFromFunction.ExpirationSpec, _ item: String) throws(MalformedAnswer) -> Duration {
        guard wire.expireAfterMillis >= 0 else {
            throw MalformedAnswer(item, "the state expires after a negative time: \(wire.expireAfterMillis) ms")
        }
        return .milliseconds(wire.expireAfterMillis)
    }
}

extension MessageAddress {
    fileprivate init(_ wire: WireAddress, isPresent: Bool, _ item: String) throws(MalformedAnswer) {
        guard isPresent else { throw MalformedAnswer(item, "the target is missing") }
        guard !wire.namespace.isEmpty, !wire.type.isEmpty else {
            throw MalformedAnswer(item, "the target has no \(wire.namespace.isEmpty ? "namespace" : "type")")
        }
        self.init(wire)
    }
}

extension FunctionValue {
    fileprivate init(_ wire: WireTypedValue, isPresent: Bool, _ what: String, _ item: String) throws(MalformedAnswer) {
        let value: FunctionValue?
        do throws(FunctionValueError) {
            value = try FunctionValue.decode(wire)
        } catch {
            throw MalformedAnswer(item, error.message)
        }
        guard isPresent, let value else { throw MalformedAnswer(item, "the \(what) is missing") }
        self = value
    }
}
