import HTTPFunctionEndpoint
import TransportCore
import TypeName
import URLTemplate

/// Finds out whether somebody listens where an endpoint is, without sending anything.
struct EndpointProbe {
    let connector: any Connector
    let limit: Duration

    /// What there is to say about an endpoint: that somebody answers, or why not.
    func probe(_ endpoint: FunctionEndpoint) async -> String {
        let route: EndpointRoute
        do throws(SpecTextError) {
            let url = try endpoint.urlPathTemplate.resolve(functionName: endpoint.targets.typeName?.name ?? "probe")
            route = try connector.route(for: url, tls: nil)
        } catch {
            return error.description
        }
        // Without TLS: what the settings for it are does not matter for whether somebody is there.
        let origin = Origin(place: route.origin.place, tls: nil)
        let loop = connector.nextLoop()
        return await withCheckedContinuation { continuation in
            loop.execute {
                let setting = Setting(limit, from: .byDefault)
                let limits = ConnectLimits(connect: setting, call: setting, deadline: loop.now.advanced(by: limit))
                _ = connector.connect(to: origin, on: loop, limits: limits) { result in
                    switch result {
                    case .success(let connection):
                        connection.close()
                        continuation.resume(returning: "answers")
                    case .failure(let failure):
                        let isSlow = failure.kind == .timedOut || failure.kind == .budgetSpent
                        continuation.resume(returning: isSlow ? "does not answer yet" : failure.message)
                    }
                }
            }
        }
    }

    /// The same for several at a time, in their order.
    func probe(_ endpoints: [FunctionEndpoint]) async -> [String] {
        await withTaskGroup(of: (Int, String).self) { group in
            for (index, endpoint) in endpoints.enumerated() {
                group.addTask { (index, await probe(endpoint)) }
            }
            var found = Array(repeating: "", count: endpoints.count)
            for await (index, text) in group {
                found[index] = text
            }
            return found
        }
    }
}
