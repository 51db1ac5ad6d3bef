internal import SwiftProtobuf

/// What is sent to a function: invocations of one address, in order, with the state that the caller keeps for it.
public struct InvocationBatch: Hashable, Sendable {
    /// One message to the function.
    public struct Invocation: Hashable, Sendable {
        /// The function that sent it; `nil` for a message from outside.
        public var caller: MessageAddress?
        public var argument: FunctionValue

        public init(_ argument: FunctionValue, from caller: MessageAddress? = nil) {
            self.caller = caller
            self.argument = argument
        }
    }

    /// Why a batch cannot be sent.
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// There is no invocation in it.
        case empty
        /// It takes more bytes than a message may have, 2 GiB.
        case tooLarge

        public var description: String {
            switch self {
            case .empty: "a batch without invocations is never sent; add one"
            case .tooLarge: "the batch has more than 2 GiB; send its invocations in several batches"
            }
        }
    }

    public var target: MessageAddress
    /// Every value registered for the type of the function, also those that are not set.
    public var state: [StateValue]
    public var invocations: [Invocation]

    public init(target: MessageAddress, state: [StateValue] = [], invocations: [Invocation]) {
        self.target = target
        self.state = state
        self.invocations = invocations
    }

    /// The bytes of the `ToFunction` message. Equal batches have equal bytes.
    public func encoded() throws(Failure) -> [UInt8] {
        guard !invocations.isEmpty else { throw .empty }
        var message = WireToFunction()
        message.invocation.target = target.wire
        message.invocation.state = state.map { state in
            var wire = WireToFunction.PersistedValue()
            wire.stateName = state.name
            if let value = state.value {
                wire.stateValue = value.wire
            }
            return wire
        }
        message.invocation.invocations = invocations.map { invocation in
            var wire = WireToFunction.Invocation()
            if let caller = invocation.caller {
                wire.caller = caller.wire
            }
            wire.argument = invocation.argument.wire
            return wire
        }
        do {
            return try message.serializedBytes()
        } catch {
            throw .tooLarge
        }
    }
}
