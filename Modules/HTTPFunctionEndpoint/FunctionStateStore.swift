internal import NIOConcurrencyHelpers
public import RequestReply
public import TransportCore
public import TypeName

/// Keeps the state of functions between calls. Calls for one address come one after the other.
public protocol FunctionStateStore: Sendable {
    /// The values that an address has under some names, which are told apart by their bytes; names without a value are left out. Asked
    /// when a batch is sent.
    func values(of address: Address, names: [String]) async throws -> NameTable<FunctionValue>

    /// Applies the changes of one result, all of them or none.
    func apply(_ changes: [StateValue], to address: Address) async throws
}

/// Keeps state in memory for as long as it lives. Values do not expire.
public final class InMemoryFunctionState: FunctionStateStore {
    private let states = NIOLockedValueBox<[Address: NameTable<FunctionValue>]>([:])

    public init() {}

    public func values(of address: Address, names: [String]) -> NameTable<FunctionValue> {
        states.withLockedValue { states in
            guard let all = states[address] else { return [:] }
            return NameTable(names.lazy.compactMap { name in all[name].map { (name, $0) } })
        }
    }

    public func apply(_ changes: [StateValue], to address: Address) {
        states.withLockedValue { states in
            for change in changes {
                states[address, default: [:]][change.name] = change.value
            }
            if states[address]?.isEmpty == true {
                states[address] = nil
            }
        }
    }

    /// Every value of an address.
    public subscript(address: Address) -> NameTable<FunctionValue> {
        states.withLockedValue { $0[address] ?? [:] }
    }
}
