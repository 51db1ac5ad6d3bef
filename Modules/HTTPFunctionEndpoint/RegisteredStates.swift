package import RequestReply
package import TransportCore

/// The values that functions of one type have declared. What is registered stays so, and travels with every request.
package struct RegisteredStates: Sendable, Equatable {
    /// In the order of registration.
    package private(set) var states: [MissingState] = []
    private var places = NameTable<Int>()
    /// Whether a value lives on by being sent, changed or not.
    package private(set) var hasExpirationAfterInvocation = false

    package init() {}

    package subscript(name: String) -> MissingState? { places[name].map { states[$0] } }

    /// Registers what a function misses.
    /// - Throws: `RequestReplyFailure` of kind `protocolBroken` where a state comes back with another type; nothing is
    ///   registered then.
    package mutating func register(_ missing: [MissingState]) throws(RequestReplyFailure) {
        var added = NameTable<String>()
        for state in missing {
            if let known = self[state.name]?.typename ?? added[state.name], ExactName(known) != ExactName(state.typename) {
                throw RequestReplyFailure(
                    .protocolBroken,
                    "the function declares the state '\(state.name)' as \(state.typename), but it is registered as \(known), which cannot change"
                )
            }
            added[state.name] = state.typename
        }
        for state in missing where places[state.name] == nil {
            places[state.name] = states.count
            states.append(state)
            if case .afterInvocation = state.expiration { hasExpirationAfterInvocation = true }
        }
    }

    /// The values to send, each one that is registered, set or not.
    /// - Throws: `RequestReplyFailure` where a kept value has another type than the function declares.
    func attach(_ values: NameTable<FunctionValue>) throws(RequestReplyFailure) -> [StateValue] {
        var attached: [StateValue] = []
        attached.reserveCapacity(states.count)
        for state in states {
            let value = values[state.name]
            if let value, ExactName(value.typename) != ExactName(state.typename) {
                throw RequestReplyFailure(
                    .protocolBroken,
                    "the state '\(state.name)' holds a value of type \(value.typename), but the function declares it as \(state.typename)"
                )
            }
            attached.append(StateValue(state.name, value))
        }
        return attached
    }

    /// Holds a result to what is registered, before anything of it is applied.
    package func check(_ result: InvocationResult) throws(RequestReplyFailure) {
        for change in result.stateChanges {
            guard let typename = self[change.name]?.typename else {
                throw RequestReplyFailure(
                    .protocolBroken,
                    "the function changes the state '\(change.name)', which it has not declared; nothing of its result is applied"
                )
            }
            if let value = change.value, ExactName(value.typename) != ExactName(typename) {
                throw RequestReplyFailure(
                    .protocolBroken,
                    "the function sets the state '\(change.name)' to a value of type \(value.typename), but it declared \(typename); "
                        + "nothing of its result is applied"
                )
            }
        }
    }
}
