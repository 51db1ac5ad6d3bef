import RequestReply

/// What a function sees and does while it handles a batch: its address, its state, and the effects that it has.
struct FunctionContext {
    let address: WireAddress
    /// Who sent the message at hand; `nil` where it came from outside.
    var caller: WireAddress?
    private var state: [String: FunctionValue]
    private var changed: [String] = []
    private var effects = WireFromFunction.InvocationResponse()

    init(address: WireAddress, state: [String: FunctionValue]) {
        self.address = address
        self.state = state
    }

    /// A state of this address; `nil` where it has no value, or shall have none any more.
    subscript(name: String) -> FunctionValue? {
        get { state[name] }
        set {
            state[name] = newValue
            if !changed.contains(name) {
                changed.append(name)
            }
        }
    }

    mutating func send(_ value: FunctionValue, to target: WireAddress) {
        var message = WireFromFunction.Invocation()
        message.target = target
        message.argument = value.wire
        effects.outgoingMessages.append(message)
    }

    mutating func send(_ value: FunctionValue, toEgress typename: String) {
        var message = WireFromFunction.EgressMessage()
        (message.egressNamespace, message.egressType) = WireAddress.split(typename)
        message.argument = value.wire
        effects.outgoingEgresses.append(message)
    }

    /// Everything that the function did, as the answer to the batch. Only the last value of a state counts.
    var result: WireFromFunction {
        var result = effects
        result.stateMutations = changed.map { name in
            var mutation = WireFromFunction.PersistedValueMutation()
            mutation.stateName = name
            if let value = state[name] {
                mutation.mutationType = .modify
                mutation.stateValue = value.wire
            } else {
                mutation.mutationType = .delete
            }
            return mutation
        }
        var answer = WireFromFunction()
        answer.invocationResult = result
        return answer
    }
}

extension WireAddress {
    init(_ typename: String, id: String) {
        self.init()
        (namespace, type) = Self.split(typename)
        self.id = id
    }

    var typename: String { "\(namespace)/\(type)" }

    /// The namespace and the name of a typename.
    static func split(_ typename: String) -> (namespace: String, name: String) {
        guard let slash = typename.lastIndex(of: "/") else { return ("", typename) }
        return (String(typename[..<slash]), String(typename[typename.index(after: slash)...]))
    }
}
