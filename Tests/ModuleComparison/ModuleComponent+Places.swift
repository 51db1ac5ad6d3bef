public import SpecParser
public import TransportCore

private let nowhere = SourcePosition(line: 1, column: 1)

extension SpecNode {
    /// The tree with every node at the same place, to compare what stands in two texts and not where.
    public var withoutPlaces: SpecNode {
        switch content {
        case .scalar, .null: SpecNode(content, at: nowhere)
        case .sequence(let items): SpecNode(.sequence(items.map(\.withoutPlaces)), at: nowhere)
        case .mapping(let entries):
            SpecNode(
                .mapping(entries.map { SpecNode.Entry(key: $0.key, keyPosition: nowhere, value: $0.value.withoutPlaces) }),
                at: nowhere
            )
        }
    }
}

extension Setting {
    fileprivate var withoutPlace: Setting {
        guard case .line(let file, _) = source else { return self }
        return Setting(value, from: .line(file: file, nowhere))
    }
}

extension ModuleComponent {
    /// The component with everything at the same place.
    public var withoutPlaces: Self {
        switch self {
        case .endpoint(var endpoint):
            endpoint.targets = Located(endpoint.targets.value, at: nowhere)
            endpoint.urlPathTemplate = Located(endpoint.urlPathTemplate.value, at: nowhere)
            endpoint.maxNumBatchRequests = endpoint.maxNumBatchRequests.withoutPlace
            endpoint.transportType = endpoint.transportType.withoutPlace
            endpoint.transport = TransportProperties(file: endpoint.transport.file, node: endpoint.transport.node.withoutPlaces)
            endpoint.position = nowhere
            return .endpoint(endpoint)
        case .other(let other):
            let kind = Located(other.kind.value, at: nowhere)
            return .other(OtherComponent(kind: kind, spec: other.spec.withoutPlaces, position: nowhere))
        }
    }
}
