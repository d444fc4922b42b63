"""A performance: keys with values, timed, eased and brought to life, and the track they make."""

from annotator.core.model import Layers as Layers
from annotator.core.model import Lock as Lock
from annotator.core.model import Performance as Performance
from annotator.core.model import TakeKey as TakeKey
from annotator.core.performance.deriving import MAX_JUMP as MAX_JUMP
from annotator.core.performance.deriving import ONSET as ONSET
from annotator.core.performance.deriving import compose as compose
from annotator.core.performance.deriving import derive as derive
from annotator.core.performance.deriving import derived_values as derived_values
from annotator.core.performance.deriving import perform as perform
from annotator.core.performance.keys import with_locked as with_locked
from annotator.core.performance.of_take import derived_track as derived_track
from annotator.core.performance.of_take import pose_of_take as pose_of_take
from annotator.core.performance.of_take import read_take as read_take
from annotator.core.performance.of_take import takes_long as takes_long
from annotator.core.performance.of_take import track_with_layers as track_with_layers
from annotator.core.performance.of_take import with_performance as with_performance
from annotator.core.performance.timing import natural_times as natural_times
