internal import HTTPFunctionEndpoint
internal import RequestReply
internal import RuntimeCore
internal import TransportCore

extension RuntimeShard {
    /// Keeps calls from an address, and returns when none is made: what is changed then is lost to none, and seen by the next.
    func changeBegins(of address: RuntimeAddress) async {
        while changing[address] != nil {
            await changeEnded(of: address)
        }
        changing[address] = []
        guard let record = recordsByAddress[address] else { return }
        // What was looked at before this waits may be otherwise when the continuation is there, here and below.
        await withCheckedContinuation { continuation in
            if record.calls > 0 {
                record.idleWaiters.append(continuation)
            } else {
                continuation.resume()
            }
        }
    }

    func changeEnds(of address: RuntimeAddress) {
        for waiter in changing.removeValue(forKey: address) ?? [] {
            waiter.resume()
        }
    }

    /// Returns when a change of an address has ended. Another one may have begun then.
    func changeEnded(of address: RuntimeAddress) async {
        await withCheckedContinuation { continuation in
            if changing[address] != nil {
                changing[address]?.append(continuation)
            } else {
                continuation.resume()
            }
        }
    }

    /// The values of an address that have not expired, for somebody who only looks.
    func shownValues(of addresses: [RuntimeAddress]) async throws(StoreFailure) -> [NameTable<StateCache.Value>] {
        var known = addresses.map { cache.values(of: $0) }
        let unknown = addresses.indices.filter { known[$0] == nil }
        if !unknown.isEmpty {
            // Not remembered: a call may change them while the store is read. The store has all of them, or they were known.
            let stored = try await store.state(of: unknown.map { addresses[$0] })
            for (index, states) in zip(unknown, stored) {
                known[index] = NameTable(
                    states.map { ($0.name, StateCache.Value(value: EncodedValue(encoded: $0.value), expires: $0.expires)) }
                )
            }
        }
        let now = clock.wallTime()
        return known.map { values in
            (values ?? [:]).filter { $0.value.expires.map { $0 > now } ?? true }
        }
    }

    /// The values that the functions of a type have declared.
    func declared(by functionType: String) -> [MissingState] {
        functions[functionType]?.registered.states ?? []
    }

    func setState(of address: RuntimeAddress, name: String, typename: String, value bytes: [UInt8]) async throws(AdministrationRefusal) {
        let declared = declared(by: address.functionType)
        guard let state = declared.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
            let names = declared.map(\.name).joined(separator: ", ")
            throw AdministrationRefusal(
                names.isEmpty
                    ? "\(address.functionType) has declared no state yet; it does so when it is first called, so send it a message before"
                    : "\(address.functionType) has declared no state '\(name)'; it has \(names)"
            )
        }
        guard state.typename.utf8.elementsEqual(typename.utf8) else {
            throw AdministrationRefusal(
                "\(address.functionType) has declared '\(name)' as \(state.typename), and this is a value of type \(typename)"
            )
        }
        let value: FunctionValue
        do throws(FunctionValueError) {
            value = try FunctionValue(typename: typename, bytes: bytes)
        } catch {
            throw AdministrationRefusal(error.description)
        }
        try await change(address) { values in
            // Only now: it may have waited for a call.
            values[name] = StateCache.Value(value: EncodedValue(value), expires: state.expiry(from: clock.wallTime()))
            return [name]
        }
    }

    /// - Returns: the names of the values that were there.
    func clearState(of address: RuntimeAddress, name: String?) async throws(AdministrationRefusal) -> [String] {
        let cleared = try await change(address) { values in
            let names = values.names.filter { key in name.map { $0.utf8.elementsEqual(key.utf8) } ?? true }
            for name in names {
                values[name] = nil
            }
            return names.sorted()
        }
        guard !cleared.isEmpty else {
            throw AdministrationRefusal(name.map { "\(address) keeps no value named '\($0)'" } ?? "\(address) keeps no values")
        }
        return cleared
    }

    /// Changes the values of an address between two calls, and has that stored.
    /// - Parameter edit: returns the names of the values that it has set or removed.
    @discardableResult
    private func change(
        _ address: RuntimeAddress,
        _ edit: (inout NameTable<StateCache.Value>) -> [String]
    ) async throws(AdministrationRefusal) -> [String] {
        await changeBegins(of: address)
        let names: [String]
        do throws(StoreFailure) {
            var values = try await values(of: address)
            names = edit(&values)
            for name in names {
                if let value = values[name] {
                    pending.set(StoredState(address: address, name: name, value: value.value.bytes, expires: value.expires))
                } else {
                    pending.clear(name, of: address)
                }
            }
            if !names.isEmpty {
                cache.remember(values, of: address, group: group, stored: storedGroup)
            }
            changeEnds(of: address)
        } catch {
            changeEnds(of: address)
            throw AdministrationRefusal("the values of \(address) cannot be read: \(error.message)")
        }
        do throws(StoreFailure) {
            try await flushed()
        } catch {
            throw AdministrationRefusal("nothing has changed, as the runtime stops and nothing can be stored: \(error)")
        }
        return names
    }
}
