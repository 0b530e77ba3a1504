import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from spikes.emulator.wire import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Network(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UNSPECIFIED: _ClassVar[Network]
    MAINNET: _ClassVar[Network]
    REGTEST: _ClassVar[Network]
    TESTNET: _ClassVar[Network]
    SIGNET: _ClassVar[Network]

class HashVariant(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HASH_VARIANT_UNSPECIFIED: _ClassVar[HashVariant]
    HASH_VARIANT_V2: _ClassVar[HashVariant]

class TreeNodeStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TREE_NODE_STATUS_CREATING: _ClassVar[TreeNodeStatus]
    TREE_NODE_STATUS_AVAILABLE: _ClassVar[TreeNodeStatus]
    TREE_NODE_STATUS_FROZEN_BY_ISSUER: _ClassVar[TreeNodeStatus]
    TREE_NODE_STATUS_TRANSFER_LOCKED: _ClassVar[TreeNodeStatus]
    TREE_NODE_STATUS_SPLIT_LOCKED: _ClassVar[TreeNodeStatus]
    TREE_NODE_STATUS_SPLITTED: _ClassVar[TreeNodeStatus]
    TREE_NODE_STATUS_AGGREGATED: _ClassVar[TreeNodeStatus]
    TREE_NODE_STATUS_ON_CHAIN: _ClassVar[TreeNodeStatus]
    TREE_NODE_STATUS_AGGREGATE_LOCK: _ClassVar[TreeNodeStatus]
    TREE_NODE_STATUS_EXITED: _ClassVar[TreeNodeStatus]
    TREE_NODE_STATUS_RENEW_LOCKED: _ClassVar[TreeNodeStatus]
    TREE_NODE_STATUS_UNAVAILABLE: _ClassVar[TreeNodeStatus]
    TREE_NODE_STATUS_PARENT_EXITED: _ClassVar[TreeNodeStatus]

class TransferStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSFER_STATUS_SENDER_INITIATED: _ClassVar[TransferStatus]
    TRANSFER_STATUS_SENDER_KEY_TWEAK_PENDING: _ClassVar[TransferStatus]
    TRANSFER_STATUS_SENDER_KEY_TWEAKED: _ClassVar[TransferStatus]
    TRANSFER_STATUS_RECEIVER_KEY_TWEAKED: _ClassVar[TransferStatus]
    TRANSFER_STATUS_RECEIVER_REFUND_SIGNED: _ClassVar[TransferStatus]
    TRANSFER_STATUS_COMPLETED: _ClassVar[TransferStatus]
    TRANSFER_STATUS_EXPIRED: _ClassVar[TransferStatus]
    TRANSFER_STATUS_RETURNED: _ClassVar[TransferStatus]

class TransferType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PREIMAGE_SWAP: _ClassVar[TransferType]
    COOPERATIVE_EXIT: _ClassVar[TransferType]
    TRANSFER: _ClassVar[TransferType]
    UTXO_SWAP: _ClassVar[TransferType]
    PRIMARY_SWAP_V3: _ClassVar[TransferType]
    COUNTER_SWAP_V3: _ClassVar[TransferType]
    SWAP: _ClassVar[TransferType]
    COUNTER_SWAP: _ClassVar[TransferType]

class Order(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DESCENDING: _ClassVar[Order]
    ASCENDING: _ClassVar[Order]

class PreimageRequestStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PREIMAGE_REQUEST_STATUS_WAITING_FOR_PREIMAGE: _ClassVar[PreimageRequestStatus]
    PREIMAGE_REQUEST_STATUS_PREIMAGE_SHARED: _ClassVar[PreimageRequestStatus]
    PREIMAGE_REQUEST_STATUS_RETURNED: _ClassVar[PreimageRequestStatus]

class PreimageRequestRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PREIMAGE_REQUEST_ROLE_RECEIVER: _ClassVar[PreimageRequestRole]
    PREIMAGE_REQUEST_ROLE_SENDER: _ClassVar[PreimageRequestRole]
    PREIMAGE_REQUEST_ROLE_RECEIVER_AND_SENDER: _ClassVar[PreimageRequestRole]
UNSPECIFIED: Network
MAINNET: Network
REGTEST: Network
TESTNET: Network
SIGNET: Network
HASH_VARIANT_UNSPECIFIED: HashVariant
HASH_VARIANT_V2: HashVariant
TREE_NODE_STATUS_CREATING: TreeNodeStatus
TREE_NODE_STATUS_AVAILABLE: TreeNodeStatus
TREE_NODE_STATUS_FROZEN_BY_ISSUER: TreeNodeStatus
TREE_NODE_STATUS_TRANSFER_LOCKED: TreeNodeStatus
TREE_NODE_STATUS_SPLIT_LOCKED: TreeNodeStatus
TREE_NODE_STATUS_SPLITTED: TreeNodeStatus
TREE_NODE_STATUS_AGGREGATED: TreeNodeStatus
TREE_NODE_STATUS_ON_CHAIN: TreeNodeStatus
TREE_NODE_STATUS_AGGREGATE_LOCK: TreeNodeStatus
TREE_NODE_STATUS_EXITED: TreeNodeStatus
TREE_NODE_STATUS_RENEW_LOCKED: TreeNodeStatus
TREE_NODE_STATUS_UNAVAILABLE: TreeNodeStatus
TREE_NODE_STATUS_PARENT_EXITED: TreeNodeStatus
TRANSFER_STATUS_SENDER_INITIATED: TransferStatus
TRANSFER_STATUS_SENDER_KEY_TWEAK_PENDING: TransferStatus
TRANSFER_STATUS_SENDER_KEY_TWEAKED: TransferStatus
TRANSFER_STATUS_RECEIVER_KEY_TWEAKED: TransferStatus
TRANSFER_STATUS_RECEIVER_REFUND_SIGNED: TransferStatus
TRANSFER_STATUS_COMPLETED: TransferStatus
TRANSFER_STATUS_EXPIRED: TransferStatus
TRANSFER_STATUS_RETURNED: TransferStatus
PREIMAGE_SWAP: TransferType
COOPERATIVE_EXIT: TransferType
TRANSFER: TransferType
UTXO_SWAP: TransferType
PRIMARY_SWAP_V3: TransferType
COUNTER_SWAP_V3: TransferType
SWAP: TransferType
COUNTER_SWAP: TransferType
DESCENDING: Order
ASCENDING: Order
PREIMAGE_REQUEST_STATUS_WAITING_FOR_PREIMAGE: PreimageRequestStatus
PREIMAGE_REQUEST_STATUS_PREIMAGE_SHARED: PreimageRequestStatus
PREIMAGE_REQUEST_STATUS_RETURNED: PreimageRequestStatus
PREIMAGE_REQUEST_ROLE_RECEIVER: PreimageRequestRole
PREIMAGE_REQUEST_ROLE_SENDER: PreimageRequestRole
PREIMAGE_REQUEST_ROLE_RECEIVER_AND_SENDER: PreimageRequestRole

class SigningKeyshare(_message.Message):
    __slots__ = ("owner_identifiers", "threshold", "public_key", "public_shares", "updated_time")
    class PublicSharesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    OWNER_IDENTIFIERS_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_SHARES_FIELD_NUMBER: _ClassVar[int]
    UPDATED_TIME_FIELD_NUMBER: _ClassVar[int]
    owner_identifiers: _containers.RepeatedScalarFieldContainer[str]
    threshold: int
    public_key: bytes
    public_shares: _containers.ScalarMap[str, bytes]
    updated_time: _timestamp_pb2.Timestamp
    def __init__(self, owner_identifiers: _Optional[_Iterable[str]] = ..., threshold: _Optional[int] = ..., public_key: _Optional[bytes] = ..., public_shares: _Optional[_Mapping[str, bytes]] = ..., updated_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TreeNode(_message.Message):
    __slots__ = ("id", "tree_id", "value", "parent_node_id", "node_tx", "refund_tx", "vout", "verifying_public_key", "owner_identity_public_key", "signing_keyshare", "status", "network", "created_time", "updated_time", "owner_signing_public_key", "direct_tx", "direct_refund_tx", "direct_from_cpfp_refund_tx", "treenode_status")
    ID_FIELD_NUMBER: _ClassVar[int]
    TREE_ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PARENT_NODE_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_TX_FIELD_NUMBER: _ClassVar[int]
    REFUND_TX_FIELD_NUMBER: _ClassVar[int]
    VOUT_FIELD_NUMBER: _ClassVar[int]
    VERIFYING_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    OWNER_IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNING_KEYSHARE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    CREATED_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATED_TIME_FIELD_NUMBER: _ClassVar[int]
    OWNER_SIGNING_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    DIRECT_TX_FIELD_NUMBER: _ClassVar[int]
    DIRECT_REFUND_TX_FIELD_NUMBER: _ClassVar[int]
    DIRECT_FROM_CPFP_REFUND_TX_FIELD_NUMBER: _ClassVar[int]
    TREENODE_STATUS_FIELD_NUMBER: _ClassVar[int]
    id: str
    tree_id: str
    value: int
    parent_node_id: str
    node_tx: bytes
    refund_tx: bytes
    vout: int
    verifying_public_key: bytes
    owner_identity_public_key: bytes
    signing_keyshare: SigningKeyshare
    status: str
    network: Network
    created_time: _timestamp_pb2.Timestamp
    updated_time: _timestamp_pb2.Timestamp
    owner_signing_public_key: bytes
    direct_tx: bytes
    direct_refund_tx: bytes
    direct_from_cpfp_refund_tx: bytes
    treenode_status: TreeNodeStatus
    def __init__(self, id: _Optional[str] = ..., tree_id: _Optional[str] = ..., value: _Optional[int] = ..., parent_node_id: _Optional[str] = ..., node_tx: _Optional[bytes] = ..., refund_tx: _Optional[bytes] = ..., vout: _Optional[int] = ..., verifying_public_key: _Optional[bytes] = ..., owner_identity_public_key: _Optional[bytes] = ..., signing_keyshare: _Optional[_Union[SigningKeyshare, _Mapping]] = ..., status: _Optional[str] = ..., network: _Optional[_Union[Network, str]] = ..., created_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., owner_signing_public_key: _Optional[bytes] = ..., direct_tx: _Optional[bytes] = ..., direct_refund_tx: _Optional[bytes] = ..., direct_from_cpfp_refund_tx: _Optional[bytes] = ..., treenode_status: _Optional[_Union[TreeNodeStatus, str]] = ...) -> None: ...

class TreeNodeIds(_message.Message):
    __slots__ = ("node_ids",)
    NODE_IDS_FIELD_NUMBER: _ClassVar[int]
    node_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, node_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class QueryNodesRequest(_message.Message):
    __slots__ = ("owner_identity_pubkey", "node_ids", "include_parents", "limit", "offset", "network", "statuses")
    OWNER_IDENTITY_PUBKEY_FIELD_NUMBER: _ClassVar[int]
    NODE_IDS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_PARENTS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    owner_identity_pubkey: bytes
    node_ids: TreeNodeIds
    include_parents: bool
    limit: int
    offset: int
    network: Network
    statuses: _containers.RepeatedScalarFieldContainer[TreeNodeStatus]
    def __init__(self, owner_identity_pubkey: _Optional[bytes] = ..., node_ids: _Optional[_Union[TreeNodeIds, _Mapping]] = ..., include_parents: _Optional[bool] = ..., limit: _Optional[int] = ..., offset: _Optional[int] = ..., network: _Optional[_Union[Network, str]] = ..., statuses: _Optional[_Iterable[_Union[TreeNodeStatus, str]]] = ...) -> None: ...

class QueryNodesResponse(_message.Message):
    __slots__ = ("nodes", "offset")
    class NodesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: TreeNode
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[TreeNode, _Mapping]] = ...) -> None: ...
    NODES_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.MessageMap[str, TreeNode]
    offset: int
    def __init__(self, nodes: _Optional[_Mapping[str, TreeNode]] = ..., offset: _Optional[int] = ...) -> None: ...

class SigningCommitments(_message.Message):
    __slots__ = ("signing_commitments",)
    class SigningCommitmentsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _common_pb2.SigningCommitment
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_common_pb2.SigningCommitment, _Mapping]] = ...) -> None: ...
    SIGNING_COMMITMENTS_FIELD_NUMBER: _ClassVar[int]
    signing_commitments: _containers.MessageMap[str, _common_pb2.SigningCommitment]
    def __init__(self, signing_commitments: _Optional[_Mapping[str, _common_pb2.SigningCommitment]] = ...) -> None: ...

class RequestedSigningCommitments(_message.Message):
    __slots__ = ("signing_nonce_commitments",)
    class SigningNonceCommitmentsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _common_pb2.SigningCommitment
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_common_pb2.SigningCommitment, _Mapping]] = ...) -> None: ...
    SIGNING_NONCE_COMMITMENTS_FIELD_NUMBER: _ClassVar[int]
    signing_nonce_commitments: _containers.MessageMap[str, _common_pb2.SigningCommitment]
    def __init__(self, signing_nonce_commitments: _Optional[_Mapping[str, _common_pb2.SigningCommitment]] = ...) -> None: ...

class GetSigningCommitmentsRequest(_message.Message):
    __slots__ = ("node_ids", "count", "node_id_count")
    NODE_IDS_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_COUNT_FIELD_NUMBER: _ClassVar[int]
    node_ids: _containers.RepeatedScalarFieldContainer[str]
    count: int
    node_id_count: int
    def __init__(self, node_ids: _Optional[_Iterable[str]] = ..., count: _Optional[int] = ..., node_id_count: _Optional[int] = ...) -> None: ...

class GetSigningCommitmentsResponse(_message.Message):
    __slots__ = ("signing_commitments",)
    SIGNING_COMMITMENTS_FIELD_NUMBER: _ClassVar[int]
    signing_commitments: _containers.RepeatedCompositeFieldContainer[RequestedSigningCommitments]
    def __init__(self, signing_commitments: _Optional[_Iterable[_Union[RequestedSigningCommitments, _Mapping]]] = ...) -> None: ...

class UserSignedTxSigningJob(_message.Message):
    __slots__ = ("leaf_id", "signing_public_key", "raw_tx", "signing_nonce_commitment", "user_signature", "signing_commitments")
    LEAF_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNING_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    RAW_TX_FIELD_NUMBER: _ClassVar[int]
    SIGNING_NONCE_COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    USER_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    SIGNING_COMMITMENTS_FIELD_NUMBER: _ClassVar[int]
    leaf_id: str
    signing_public_key: bytes
    raw_tx: bytes
    signing_nonce_commitment: _common_pb2.SigningCommitment
    user_signature: bytes
    signing_commitments: SigningCommitments
    def __init__(self, leaf_id: _Optional[str] = ..., signing_public_key: _Optional[bytes] = ..., raw_tx: _Optional[bytes] = ..., signing_nonce_commitment: _Optional[_Union[_common_pb2.SigningCommitment, _Mapping]] = ..., user_signature: _Optional[bytes] = ..., signing_commitments: _Optional[_Union[SigningCommitments, _Mapping]] = ...) -> None: ...

class SigningResult(_message.Message):
    __slots__ = ("public_keys", "signing_nonce_commitments", "signature_shares", "signing_keyshare")
    class PublicKeysEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    class SigningNonceCommitmentsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _common_pb2.SigningCommitment
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_common_pb2.SigningCommitment, _Mapping]] = ...) -> None: ...
    class SignatureSharesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    PUBLIC_KEYS_FIELD_NUMBER: _ClassVar[int]
    SIGNING_NONCE_COMMITMENTS_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_SHARES_FIELD_NUMBER: _ClassVar[int]
    SIGNING_KEYSHARE_FIELD_NUMBER: _ClassVar[int]
    public_keys: _containers.ScalarMap[str, bytes]
    signing_nonce_commitments: _containers.MessageMap[str, _common_pb2.SigningCommitment]
    signature_shares: _containers.ScalarMap[str, bytes]
    signing_keyshare: SigningKeyshare
    def __init__(self, public_keys: _Optional[_Mapping[str, bytes]] = ..., signing_nonce_commitments: _Optional[_Mapping[str, _common_pb2.SigningCommitment]] = ..., signature_shares: _Optional[_Mapping[str, bytes]] = ..., signing_keyshare: _Optional[_Union[SigningKeyshare, _Mapping]] = ...) -> None: ...

class LeafRefundTxSigningResult(_message.Message):
    __slots__ = ("leaf_id", "refund_tx_signing_result", "verifying_key")
    LEAF_ID_FIELD_NUMBER: _ClassVar[int]
    REFUND_TX_SIGNING_RESULT_FIELD_NUMBER: _ClassVar[int]
    VERIFYING_KEY_FIELD_NUMBER: _ClassVar[int]
    leaf_id: str
    refund_tx_signing_result: SigningResult
    verifying_key: bytes
    def __init__(self, leaf_id: _Optional[str] = ..., refund_tx_signing_result: _Optional[_Union[SigningResult, _Mapping]] = ..., verifying_key: _Optional[bytes] = ...) -> None: ...

class SecretShare(_message.Message):
    __slots__ = ("secret_share", "proofs")
    SECRET_SHARE_FIELD_NUMBER: _ClassVar[int]
    PROOFS_FIELD_NUMBER: _ClassVar[int]
    secret_share: bytes
    proofs: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, secret_share: _Optional[bytes] = ..., proofs: _Optional[_Iterable[bytes]] = ...) -> None: ...

class SendLeafKeyTweak(_message.Message):
    __slots__ = ("leaf_id", "secret_share_tweak", "pubkey_shares_tweak", "secret_cipher", "signature")
    class PubkeySharesTweakEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    LEAF_ID_FIELD_NUMBER: _ClassVar[int]
    SECRET_SHARE_TWEAK_FIELD_NUMBER: _ClassVar[int]
    PUBKEY_SHARES_TWEAK_FIELD_NUMBER: _ClassVar[int]
    SECRET_CIPHER_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    leaf_id: str
    secret_share_tweak: SecretShare
    pubkey_shares_tweak: _containers.ScalarMap[str, bytes]
    secret_cipher: bytes
    signature: bytes
    def __init__(self, leaf_id: _Optional[str] = ..., secret_share_tweak: _Optional[_Union[SecretShare, _Mapping]] = ..., pubkey_shares_tweak: _Optional[_Mapping[str, bytes]] = ..., secret_cipher: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class SendLeafKeyTweaks(_message.Message):
    __slots__ = ("leaves_to_send",)
    LEAVES_TO_SEND_FIELD_NUMBER: _ClassVar[int]
    leaves_to_send: _containers.RepeatedCompositeFieldContainer[SendLeafKeyTweak]
    def __init__(self, leaves_to_send: _Optional[_Iterable[_Union[SendLeafKeyTweak, _Mapping]]] = ...) -> None: ...

class ClaimLeafKeyTweak(_message.Message):
    __slots__ = ("leaf_id", "secret_share_tweak", "pubkey_shares_tweak")
    class PubkeySharesTweakEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    LEAF_ID_FIELD_NUMBER: _ClassVar[int]
    SECRET_SHARE_TWEAK_FIELD_NUMBER: _ClassVar[int]
    PUBKEY_SHARES_TWEAK_FIELD_NUMBER: _ClassVar[int]
    leaf_id: str
    secret_share_tweak: SecretShare
    pubkey_shares_tweak: _containers.ScalarMap[str, bytes]
    def __init__(self, leaf_id: _Optional[str] = ..., secret_share_tweak: _Optional[_Union[SecretShare, _Mapping]] = ..., pubkey_shares_tweak: _Optional[_Mapping[str, bytes]] = ...) -> None: ...

class ClaimLeafKeyTweaks(_message.Message):
    __slots__ = ("leaves_to_receive",)
    LEAVES_TO_RECEIVE_FIELD_NUMBER: _ClassVar[int]
    leaves_to_receive: _containers.RepeatedCompositeFieldContainer[ClaimLeafKeyTweak]
    def __init__(self, leaves_to_receive: _Optional[_Iterable[_Union[ClaimLeafKeyTweak, _Mapping]]] = ...) -> None: ...

class TransferLeaf(_message.Message):
    __slots__ = ("leaf", "secret_cipher", "signature", "intermediate_refund_tx", "intermediate_direct_refund_tx", "intermediate_direct_from_cpfp_refund_tx")
    LEAF_FIELD_NUMBER: _ClassVar[int]
    SECRET_CIPHER_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    INTERMEDIATE_REFUND_TX_FIELD_NUMBER: _ClassVar[int]
    INTERMEDIATE_DIRECT_REFUND_TX_FIELD_NUMBER: _ClassVar[int]
    INTERMEDIATE_DIRECT_FROM_CPFP_REFUND_TX_FIELD_NUMBER: _ClassVar[int]
    leaf: TreeNode
    secret_cipher: bytes
    signature: bytes
    intermediate_refund_tx: bytes
    intermediate_direct_refund_tx: bytes
    intermediate_direct_from_cpfp_refund_tx: bytes
    def __init__(self, leaf: _Optional[_Union[TreeNode, _Mapping]] = ..., secret_cipher: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., intermediate_refund_tx: _Optional[bytes] = ..., intermediate_direct_refund_tx: _Optional[bytes] = ..., intermediate_direct_from_cpfp_refund_tx: _Optional[bytes] = ...) -> None: ...

class Transfer(_message.Message):
    __slots__ = ("id", "sender_identity_public_key", "receiver_identity_public_key", "status", "total_value", "expiry_time", "leaves", "created_time", "updated_time", "type", "spark_invoice", "network")
    ID_FIELD_NUMBER: _ClassVar[int]
    SENDER_IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_VALUE_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_TIME_FIELD_NUMBER: _ClassVar[int]
    LEAVES_FIELD_NUMBER: _ClassVar[int]
    CREATED_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATED_TIME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SPARK_INVOICE_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    id: str
    sender_identity_public_key: bytes
    receiver_identity_public_key: bytes
    status: TransferStatus
    total_value: int
    expiry_time: _timestamp_pb2.Timestamp
    leaves: _containers.RepeatedCompositeFieldContainer[TransferLeaf]
    created_time: _timestamp_pb2.Timestamp
    updated_time: _timestamp_pb2.Timestamp
    type: TransferType
    spark_invoice: str
    network: Network
    def __init__(self, id: _Optional[str] = ..., sender_identity_public_key: _Optional[bytes] = ..., receiver_identity_public_key: _Optional[bytes] = ..., status: _Optional[_Union[TransferStatus, str]] = ..., total_value: _Optional[int] = ..., expiry_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., leaves: _Optional[_Iterable[_Union[TransferLeaf, _Mapping]]] = ..., created_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., type: _Optional[_Union[TransferType, str]] = ..., spark_invoice: _Optional[str] = ..., network: _Optional[_Union[Network, str]] = ...) -> None: ...

class TransferFilter(_message.Message):
    __slots__ = ("receiver_identity_public_key", "sender_identity_public_key", "sender_or_receiver_identity_public_key", "transfer_ids", "network", "order", "created_after", "created_before", "limit", "offset", "types", "statuses")
    RECEIVER_IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SENDER_IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    SENDER_OR_RECEIVER_IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_IDS_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    CREATED_AFTER_FIELD_NUMBER: _ClassVar[int]
    CREATED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    receiver_identity_public_key: bytes
    sender_identity_public_key: bytes
    sender_or_receiver_identity_public_key: bytes
    transfer_ids: _containers.RepeatedScalarFieldContainer[str]
    network: Network
    order: Order
    created_after: _timestamp_pb2.Timestamp
    created_before: _timestamp_pb2.Timestamp
    limit: int
    offset: int
    types: _containers.RepeatedScalarFieldContainer[TransferType]
    statuses: _containers.RepeatedScalarFieldContainer[TransferStatus]
    def __init__(self, receiver_identity_public_key: _Optional[bytes] = ..., sender_identity_public_key: _Optional[bytes] = ..., sender_or_receiver_identity_public_key: _Optional[bytes] = ..., transfer_ids: _Optional[_Iterable[str]] = ..., network: _Optional[_Union[Network, str]] = ..., order: _Optional[_Union[Order, str]] = ..., created_after: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., created_before: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., limit: _Optional[int] = ..., offset: _Optional[int] = ..., types: _Optional[_Iterable[_Union[TransferType, str]]] = ..., statuses: _Optional[_Iterable[_Union[TransferStatus, str]]] = ...) -> None: ...

class QueryTransfersResponse(_message.Message):
    __slots__ = ("transfers", "offset")
    TRANSFERS_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    transfers: _containers.RepeatedCompositeFieldContainer[Transfer]
    offset: int
    def __init__(self, transfers: _Optional[_Iterable[_Union[Transfer, _Mapping]]] = ..., offset: _Optional[int] = ...) -> None: ...

class TransferPackage(_message.Message):
    __slots__ = ("leaves_to_send", "key_tweak_package", "user_signature", "direct_leaves_to_send", "direct_from_cpfp_leaves_to_send", "hash_variant")
    class KeyTweakPackageEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    LEAVES_TO_SEND_FIELD_NUMBER: _ClassVar[int]
    KEY_TWEAK_PACKAGE_FIELD_NUMBER: _ClassVar[int]
    USER_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    DIRECT_LEAVES_TO_SEND_FIELD_NUMBER: _ClassVar[int]
    DIRECT_FROM_CPFP_LEAVES_TO_SEND_FIELD_NUMBER: _ClassVar[int]
    HASH_VARIANT_FIELD_NUMBER: _ClassVar[int]
    leaves_to_send: _containers.RepeatedCompositeFieldContainer[UserSignedTxSigningJob]
    key_tweak_package: _containers.ScalarMap[str, bytes]
    user_signature: bytes
    direct_leaves_to_send: _containers.RepeatedCompositeFieldContainer[UserSignedTxSigningJob]
    direct_from_cpfp_leaves_to_send: _containers.RepeatedCompositeFieldContainer[UserSignedTxSigningJob]
    hash_variant: HashVariant
    def __init__(self, leaves_to_send: _Optional[_Iterable[_Union[UserSignedTxSigningJob, _Mapping]]] = ..., key_tweak_package: _Optional[_Mapping[str, bytes]] = ..., user_signature: _Optional[bytes] = ..., direct_leaves_to_send: _Optional[_Iterable[_Union[UserSignedTxSigningJob, _Mapping]]] = ..., direct_from_cpfp_leaves_to_send: _Optional[_Iterable[_Union[UserSignedTxSigningJob, _Mapping]]] = ..., hash_variant: _Optional[_Union[HashVariant, str]] = ...) -> None: ...

class StartTransferRequest(_message.Message):
    __slots__ = ("transfer_id", "owner_identity_public_key", "receiver_identity_public_key", "expiry_time", "transfer_package", "spark_invoice")
    TRANSFER_ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_TIME_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_PACKAGE_FIELD_NUMBER: _ClassVar[int]
    SPARK_INVOICE_FIELD_NUMBER: _ClassVar[int]
    transfer_id: str
    owner_identity_public_key: bytes
    receiver_identity_public_key: bytes
    expiry_time: _timestamp_pb2.Timestamp
    transfer_package: TransferPackage
    spark_invoice: str
    def __init__(self, transfer_id: _Optional[str] = ..., owner_identity_public_key: _Optional[bytes] = ..., receiver_identity_public_key: _Optional[bytes] = ..., expiry_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., transfer_package: _Optional[_Union[TransferPackage, _Mapping]] = ..., spark_invoice: _Optional[str] = ...) -> None: ...

class StartUserSignedTransferRequest(_message.Message):
    __slots__ = ("transfer_id", "owner_identity_public_key", "leaves_to_send", "receiver_identity_public_key", "expiry_time", "direct_leaves_to_send", "direct_from_cpfp_leaves_to_send")
    TRANSFER_ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    LEAVES_TO_SEND_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_TIME_FIELD_NUMBER: _ClassVar[int]
    DIRECT_LEAVES_TO_SEND_FIELD_NUMBER: _ClassVar[int]
    DIRECT_FROM_CPFP_LEAVES_TO_SEND_FIELD_NUMBER: _ClassVar[int]
    transfer_id: str
    owner_identity_public_key: bytes
    leaves_to_send: _containers.RepeatedCompositeFieldContainer[UserSignedTxSigningJob]
    receiver_identity_public_key: bytes
    expiry_time: _timestamp_pb2.Timestamp
    direct_leaves_to_send: _containers.RepeatedCompositeFieldContainer[UserSignedTxSigningJob]
    direct_from_cpfp_leaves_to_send: _containers.RepeatedCompositeFieldContainer[UserSignedTxSigningJob]
    def __init__(self, transfer_id: _Optional[str] = ..., owner_identity_public_key: _Optional[bytes] = ..., leaves_to_send: _Optional[_Iterable[_Union[UserSignedTxSigningJob, _Mapping]]] = ..., receiver_identity_public_key: _Optional[bytes] = ..., expiry_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., direct_leaves_to_send: _Optional[_Iterable[_Union[UserSignedTxSigningJob, _Mapping]]] = ..., direct_from_cpfp_leaves_to_send: _Optional[_Iterable[_Union[UserSignedTxSigningJob, _Mapping]]] = ...) -> None: ...

class ClaimPackage(_message.Message):
    __slots__ = ("leaves_to_claim", "key_tweak_package", "user_signature", "direct_leaves_to_claim", "direct_from_cpfp_leaves_to_claim", "hash_variant")
    class KeyTweakPackageEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    LEAVES_TO_CLAIM_FIELD_NUMBER: _ClassVar[int]
    KEY_TWEAK_PACKAGE_FIELD_NUMBER: _ClassVar[int]
    USER_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    DIRECT_LEAVES_TO_CLAIM_FIELD_NUMBER: _ClassVar[int]
    DIRECT_FROM_CPFP_LEAVES_TO_CLAIM_FIELD_NUMBER: _ClassVar[int]
    HASH_VARIANT_FIELD_NUMBER: _ClassVar[int]
    leaves_to_claim: _containers.RepeatedCompositeFieldContainer[UserSignedTxSigningJob]
    key_tweak_package: _containers.ScalarMap[str, bytes]
    user_signature: bytes
    direct_leaves_to_claim: _containers.RepeatedCompositeFieldContainer[UserSignedTxSigningJob]
    direct_from_cpfp_leaves_to_claim: _containers.RepeatedCompositeFieldContainer[UserSignedTxSigningJob]
    hash_variant: HashVariant
    def __init__(self, leaves_to_claim: _Optional[_Iterable[_Union[UserSignedTxSigningJob, _Mapping]]] = ..., key_tweak_package: _Optional[_Mapping[str, bytes]] = ..., user_signature: _Optional[bytes] = ..., direct_leaves_to_claim: _Optional[_Iterable[_Union[UserSignedTxSigningJob, _Mapping]]] = ..., direct_from_cpfp_leaves_to_claim: _Optional[_Iterable[_Union[UserSignedTxSigningJob, _Mapping]]] = ..., hash_variant: _Optional[_Union[HashVariant, str]] = ...) -> None: ...

class ClaimTransferRequest(_message.Message):
    __slots__ = ("transfer_id", "owner_identity_public_key", "claim_package")
    TRANSFER_ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    CLAIM_PACKAGE_FIELD_NUMBER: _ClassVar[int]
    transfer_id: str
    owner_identity_public_key: bytes
    claim_package: ClaimPackage
    def __init__(self, transfer_id: _Optional[str] = ..., owner_identity_public_key: _Optional[bytes] = ..., claim_package: _Optional[_Union[ClaimPackage, _Mapping]] = ...) -> None: ...

class ClaimTransferResponse(_message.Message):
    __slots__ = ("transfer",)
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    transfer: Transfer
    def __init__(self, transfer: _Optional[_Union[Transfer, _Mapping]] = ...) -> None: ...

class InvoiceAmountProof(_message.Message):
    __slots__ = ("bolt11_invoice",)
    BOLT11_INVOICE_FIELD_NUMBER: _ClassVar[int]
    bolt11_invoice: str
    def __init__(self, bolt11_invoice: _Optional[str] = ...) -> None: ...

class InvoiceAmount(_message.Message):
    __slots__ = ("value_sats", "invoice_amount_proof")
    VALUE_SATS_FIELD_NUMBER: _ClassVar[int]
    INVOICE_AMOUNT_PROOF_FIELD_NUMBER: _ClassVar[int]
    value_sats: int
    invoice_amount_proof: InvoiceAmountProof
    def __init__(self, value_sats: _Optional[int] = ..., invoice_amount_proof: _Optional[_Union[InvoiceAmountProof, _Mapping]] = ...) -> None: ...

class InitiatePreimageSwapRequest(_message.Message):
    __slots__ = ("payment_hash", "invoice_amount", "reason", "transfer", "receiver_identity_public_key", "fee_sats", "transfer_request")
    class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        REASON_SEND: _ClassVar[InitiatePreimageSwapRequest.Reason]
        REASON_RECEIVE: _ClassVar[InitiatePreimageSwapRequest.Reason]
    REASON_SEND: InitiatePreimageSwapRequest.Reason
    REASON_RECEIVE: InitiatePreimageSwapRequest.Reason
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    INVOICE_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    FEE_SATS_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_REQUEST_FIELD_NUMBER: _ClassVar[int]
    payment_hash: bytes
    invoice_amount: InvoiceAmount
    reason: InitiatePreimageSwapRequest.Reason
    transfer: StartUserSignedTransferRequest
    receiver_identity_public_key: bytes
    fee_sats: int
    transfer_request: StartTransferRequest
    def __init__(self, payment_hash: _Optional[bytes] = ..., invoice_amount: _Optional[_Union[InvoiceAmount, _Mapping]] = ..., reason: _Optional[_Union[InitiatePreimageSwapRequest.Reason, str]] = ..., transfer: _Optional[_Union[StartUserSignedTransferRequest, _Mapping]] = ..., receiver_identity_public_key: _Optional[bytes] = ..., fee_sats: _Optional[int] = ..., transfer_request: _Optional[_Union[StartTransferRequest, _Mapping]] = ...) -> None: ...

class InitiatePreimageSwapResponse(_message.Message):
    __slots__ = ("preimage", "transfer")
    PREIMAGE_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    preimage: bytes
    transfer: Transfer
    def __init__(self, preimage: _Optional[bytes] = ..., transfer: _Optional[_Union[Transfer, _Mapping]] = ...) -> None: ...

class PreimageRequestWithTransfer(_message.Message):
    __slots__ = ("payment_hash", "receiver_identity_pubkey", "status", "created_time", "transfer", "preimage", "sender_identity_pubkey")
    PAYMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_IDENTITY_PUBKEY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CREATED_TIME_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    PREIMAGE_FIELD_NUMBER: _ClassVar[int]
    SENDER_IDENTITY_PUBKEY_FIELD_NUMBER: _ClassVar[int]
    payment_hash: bytes
    receiver_identity_pubkey: bytes
    status: PreimageRequestStatus
    created_time: _timestamp_pb2.Timestamp
    transfer: Transfer
    preimage: bytes
    sender_identity_pubkey: bytes
    def __init__(self, payment_hash: _Optional[bytes] = ..., receiver_identity_pubkey: _Optional[bytes] = ..., status: _Optional[_Union[PreimageRequestStatus, str]] = ..., created_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., transfer: _Optional[_Union[Transfer, _Mapping]] = ..., preimage: _Optional[bytes] = ..., sender_identity_pubkey: _Optional[bytes] = ...) -> None: ...

class QueryHtlcRequest(_message.Message):
    __slots__ = ("payment_hashes", "identity_public_key", "status", "limit", "offset", "transfer_ids", "match_role")
    PAYMENT_HASHES_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_IDS_FIELD_NUMBER: _ClassVar[int]
    MATCH_ROLE_FIELD_NUMBER: _ClassVar[int]
    payment_hashes: _containers.RepeatedScalarFieldContainer[bytes]
    identity_public_key: bytes
    status: PreimageRequestStatus
    limit: int
    offset: int
    transfer_ids: _containers.RepeatedScalarFieldContainer[str]
    match_role: PreimageRequestRole
    def __init__(self, payment_hashes: _Optional[_Iterable[bytes]] = ..., identity_public_key: _Optional[bytes] = ..., status: _Optional[_Union[PreimageRequestStatus, str]] = ..., limit: _Optional[int] = ..., offset: _Optional[int] = ..., transfer_ids: _Optional[_Iterable[str]] = ..., match_role: _Optional[_Union[PreimageRequestRole, str]] = ...) -> None: ...

class QueryHtlcResponse(_message.Message):
    __slots__ = ("preimage_requests", "offset")
    PREIMAGE_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    preimage_requests: _containers.RepeatedCompositeFieldContainer[PreimageRequestWithTransfer]
    offset: int
    def __init__(self, preimage_requests: _Optional[_Iterable[_Union[PreimageRequestWithTransfer, _Mapping]]] = ..., offset: _Optional[int] = ...) -> None: ...

class AdaptorPublicKeyPackage(_message.Message):
    __slots__ = ("adaptor_public_key", "direct_adaptor_public_key", "direct_from_cpfp_adaptor_public_key")
    ADAPTOR_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    DIRECT_ADAPTOR_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    DIRECT_FROM_CPFP_ADAPTOR_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    adaptor_public_key: bytes
    direct_adaptor_public_key: bytes
    direct_from_cpfp_adaptor_public_key: bytes
    def __init__(self, adaptor_public_key: _Optional[bytes] = ..., direct_adaptor_public_key: _Optional[bytes] = ..., direct_from_cpfp_adaptor_public_key: _Optional[bytes] = ...) -> None: ...

class InitiateSwapPrimaryTransferRequest(_message.Message):
    __slots__ = ("transfer", "adaptor_public_keys")
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    ADAPTOR_PUBLIC_KEYS_FIELD_NUMBER: _ClassVar[int]
    transfer: StartTransferRequest
    adaptor_public_keys: AdaptorPublicKeyPackage
    def __init__(self, transfer: _Optional[_Union[StartTransferRequest, _Mapping]] = ..., adaptor_public_keys: _Optional[_Union[AdaptorPublicKeyPackage, _Mapping]] = ...) -> None: ...

class InitiateSwapPrimaryTransferResponse(_message.Message):
    __slots__ = ("transfer", "signing_results")
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    SIGNING_RESULTS_FIELD_NUMBER: _ClassVar[int]
    transfer: Transfer
    signing_results: _containers.RepeatedCompositeFieldContainer[LeafRefundTxSigningResult]
    def __init__(self, transfer: _Optional[_Union[Transfer, _Mapping]] = ..., signing_results: _Optional[_Iterable[_Union[LeafRefundTxSigningResult, _Mapping]]] = ...) -> None: ...

class PageRequest(_message.Message):
    __slots__ = ("page_size", "cursor")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    cursor: str
    def __init__(self, page_size: _Optional[int] = ..., cursor: _Optional[str] = ...) -> None: ...

class PageResponse(_message.Message):
    __slots__ = ("has_next_page", "has_previous_page", "next_cursor", "previous_cursor")
    HAS_NEXT_PAGE_FIELD_NUMBER: _ClassVar[int]
    HAS_PREVIOUS_PAGE_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_CURSOR_FIELD_NUMBER: _ClassVar[int]
    has_next_page: bool
    has_previous_page: bool
    next_cursor: str
    previous_cursor: str
    def __init__(self, has_next_page: _Optional[bool] = ..., has_previous_page: _Optional[bool] = ..., next_cursor: _Optional[str] = ..., previous_cursor: _Optional[str] = ...) -> None: ...

class GetUtxosForIdentityRequest(_message.Message):
    __slots__ = ("identity_public_key", "network", "exclude_claimed", "page", "include_pending")
    IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_CLAIMED_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_PENDING_FIELD_NUMBER: _ClassVar[int]
    identity_public_key: bytes
    network: Network
    exclude_claimed: bool
    page: PageRequest
    include_pending: bool
    def __init__(self, identity_public_key: _Optional[bytes] = ..., network: _Optional[_Union[Network, str]] = ..., exclude_claimed: _Optional[bool] = ..., page: _Optional[_Union[PageRequest, _Mapping]] = ..., include_pending: _Optional[bool] = ...) -> None: ...

class GetUtxosForIdentityResponse(_message.Message):
    __slots__ = ("page",)
    PAGE_FIELD_NUMBER: _ClassVar[int]
    page: PageResponse
    def __init__(self, page: _Optional[_Union[PageResponse, _Mapping]] = ...) -> None: ...

class WalletSetting(_message.Message):
    __slots__ = ("owner_identity_public_key", "private_enabled")
    OWNER_IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_ENABLED_FIELD_NUMBER: _ClassVar[int]
    owner_identity_public_key: bytes
    private_enabled: bool
    def __init__(self, owner_identity_public_key: _Optional[bytes] = ..., private_enabled: _Optional[bool] = ...) -> None: ...

class UpdateWalletSettingRequest(_message.Message):
    __slots__ = ("private_enabled",)
    PRIVATE_ENABLED_FIELD_NUMBER: _ClassVar[int]
    private_enabled: bool
    def __init__(self, private_enabled: _Optional[bool] = ...) -> None: ...

class UpdateWalletSettingResponse(_message.Message):
    __slots__ = ("wallet_setting",)
    WALLET_SETTING_FIELD_NUMBER: _ClassVar[int]
    wallet_setting: WalletSetting
    def __init__(self, wallet_setting: _Optional[_Union[WalletSetting, _Mapping]] = ...) -> None: ...

class SubscribeToEventsRequest(_message.Message):
    __slots__ = ("identity_public_key",)
    IDENTITY_PUBLIC_KEY_FIELD_NUMBER: _ClassVar[int]
    identity_public_key: bytes
    def __init__(self, identity_public_key: _Optional[bytes] = ...) -> None: ...

class TransferEvent(_message.Message):
    __slots__ = ("transfer",)
    TRANSFER_FIELD_NUMBER: _ClassVar[int]
    transfer: Transfer
    def __init__(self, transfer: _Optional[_Union[Transfer, _Mapping]] = ...) -> None: ...

class ConnectedEvent(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HeartbeatEvent(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SubscribeToEventsResponse(_message.Message):
    __slots__ = ("receiver_transfer", "connected", "sender_transfer", "heartbeat")
    RECEIVER_TRANSFER_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    SENDER_TRANSFER_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    receiver_transfer: TransferEvent
    connected: ConnectedEvent
    sender_transfer: TransferEvent
    heartbeat: HeartbeatEvent
    def __init__(self, receiver_transfer: _Optional[_Union[TransferEvent, _Mapping]] = ..., connected: _Optional[_Union[ConnectedEvent, _Mapping]] = ..., sender_transfer: _Optional[_Union[TransferEvent, _Mapping]] = ..., heartbeat: _Optional[_Union[HeartbeatEvent, _Mapping]] = ...) -> None: ...
