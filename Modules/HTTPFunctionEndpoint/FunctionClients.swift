internal import NIOConcurrencyHelpers
internal import SpecParser
package import TransportCore
package import TypeName

/// The clients of a module's functions, made when a function is first called.
package final class FunctionClients: Sendable {
    /// How one function is called.
    package struct Entry: Sendable {
        package let url: EndpointURL
        package let client: any RequestReplyClient
        /// How many invocations may wait for one address; zero and less for any number.
        package let maxNumBatchRequests: Int
    }

    /// Functions at the same URL of the same endpoint share a client.
    private struct Place: Hashable {
        let url: EndpointURL
        let endpoint: SourcePosition
    }

    private struct State {
        var entries: [TypeName: Entry] = [:]
        var clients: [Place: any RequestReplyClient] = [:]
    }

    private let module: FunctionModule
    private let transports: TransportRegistry
    private let metrics: any RemoteInvocationMetrics
    private let state = NIOLockedValueBox(State())

    package init(module: FunctionModule, transports: TransportRegistry, metrics: any RemoteInvocationMetrics) {
        self.module = module
        self.transports = transports
        self.metrics = metrics
    }

    /// How to call a function.
    /// - Throws: `RequestReplyFailure` of kind `misconfigured` where no endpoint serves it.
    package func client(for function: TypeName) throws(RequestReplyFailure) -> Entry {
        if let entry = state.withLockedValue({ $0.entries[function] }) { return entry }
        let resolution: FunctionResolution
        do throws(FunctionResolutionError) {
            resolution = try module.resolve(function)
        } catch {
            throw RequestReplyFailure(.misconfigured, error.description)
        }
        let spec = resolution.endpoint.spec
        let place = Place(url: resolution.url, endpoint: spec.position)
        let client: any RequestReplyClient
        if let known = state.withLockedValue({ $0.clients[place] }) {
            client = known
        } else {
            client = try makeClient(resolution)
        }
        return state.withLockedValue { state in
            // Another caller may have been faster; everybody uses the client that was there first.
            let shared = state.clients[place] ?? client
            state.clients[place] = shared
            let entry = Entry(url: resolution.url, client: shared, maxNumBatchRequests: spec.maxNumBatchRequests.value)
            state.entries[function] = entry
            return entry
        }
    }

    /// How to call the functions of a type, written as `namespace/name`.
    /// - Throws: `RequestReplyFailure` of kind `misconfigured` where that is no type, and where no endpoint serves it.
    package func client(forType functionType: String) throws(RequestReplyFailure) -> Entry {
        let typeName: TypeName
        do throws(TypeNameError) {
            typeName = try TypeName(parsing: functionType)
        } catch {
            throw RequestReplyFailure(.misconfigured, error.description)
        }
        return try client(for: typeName)
    }

    /// Why no endpoint is there for functions of a type, written as `namespace/name`, in a sentence without a full stop; `nil`
    /// where one is. That it can be called is not said.
    package func whyUnserved(_ functionType: String) -> String? {
        let typeName: TypeName
        do throws(TypeNameError) {
            typeName = try TypeName(parsing: functionType)
        } catch {
            return error.description
        }
        do throws(FunctionResolutionError) {
            _ = try module.resolve(typeName)
            return nil
        } catch {
            return error.description
        }
    }

    private func makeClient(_ resolution: FunctionResolution) throws(RequestReplyFailure) -> any RequestReplyClient {
        let spec = resolution.endpoint.spec
        guard let factory = transports[spec.transportType.value] else {
            throw RequestReplyFailure(.misconfigured, "there is no transport type '\(spec.transportType.value)'").at(resolution.url)
        }
        do {
            return try factory.makeClient(spec.transport, endpoint: resolution.url, metrics: metrics)
        } catch let failure as RequestReplyFailure {
            throw failure.at(resolution.url)
        } catch {
            throw RequestReplyFailure(.misconfigured, "\(error)").at(resolution.url)
        }
    }
}
