"""How the face looks: light and surfaces, as one fragment shader for VTK.

The lights stand with the camera, as in a photographer's studio: a warm key from the upper
left, a cool fill from the right, two rims from behind.  Skin lets light bleed around the
terminator, more of red than of blue, which is what keeps it from looking like plastic
(after the wrapped diffuse of Green, GPU Gems 1, chapter 16).  Colours are computed in nearly
linear light: a gamma of 2 costs software OpenGL a fraction of the real curve.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from viewer.core.face_model import Material


@dataclass(frozen=True)
class Surface:
    """``bleed`` is how far red, green and blue wrap around the terminator, ``gloss`` the
    strength and ``tightness`` the exponent of the highlight, ``rim`` the share of rim light,
    ``shade`` scales the colour; ``catch_light`` shows the lamp in an eye."""

    bleed: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gloss: float = 0.04
    tightness: float = 24.0
    rim: float = 0.35
    shade: float = 1.0
    catch_light: bool = False


@dataclass(frozen=True)
class Lighting:
    """Where the light comes from, in the camera's space (+X right, +Y up, +Z to the viewer);
    colours are linear, their size is their strength.  ``ambient`` scales the sky and ground."""

    key: tuple[float, float, float] = (-0.46, 0.52, 0.72)
    key_colour: tuple[float, float, float] = (1.16, 1.102, 1.0208)
    fill: tuple[float, float, float] = (0.80, 0.05, 0.55)
    fill_colour: tuple[float, float, float] = (0.24, 0.27, 0.30)
    ambient: float = 1.0


STUDIO = Lighting()

_SKIN = Surface(bleed=(0.42, 0.20, 0.13), gloss=0.17, tightness=17.0, rim=0.55)
_WET = Surface(bleed=(0.10, 0.08, 0.08), gloss=0.55, tightness=90.0, rim=0.1)
_EYE = replace(_WET, gloss=0.35, tightness=160.0, catch_light=True, rim=0.0)
SURFACES: dict[Material, Surface] = {
    "skin": _SKIN,
    "lips": replace(_SKIN, gloss=0.34, tightness=38.0),
    "sclera": replace(_EYE, bleed=(0.30, 0.24, 0.22), shade=0.88),
    "iris": _EYE,
    "pupil": _EYE,
    "cornea": _EYE,
    "teeth": replace(_WET, gloss=0.30, tightness=60.0, shade=0.86),
    "gums": replace(_WET, gloss=0.25, tightness=50.0, shade=0.75),
    "tongue": replace(_WET, bleed=(0.25, 0.1, 0.1), gloss=0.22, tightness=30.0, shade=0.85),
    "mouth": Surface(gloss=0.02, rim=0.0, shade=0.55),
    "brows": Surface(bleed=(0.2, 0.2, 0.2), gloss=0.03, rim=0.15),
    "lashes": Surface(gloss=0.0, rim=0.0),
    "hair": Surface(bleed=(0.15, 0.15, 0.15), gloss=0.10, tightness=30.0, rim=0.4),
    "cloth": Surface(bleed=(0.1, 0.1, 0.1), gloss=0.0, rim=0.3),
    "other": Surface(bleed=(0.1, 0.1, 0.1), gloss=0.08, rim=0.3),
}

_LIGHT_TAG = "//VTK::Light::Impl"
_TEXTURE_TAG = "//VTK::TCoord::Impl"
_LAST_TAG = "//VTK::DepthPeeling::Impl"

_LIGHT = """
  vec3 kfN = normalize(normalVCVSOutput);
  vec3 kfV = normalize(-vertexVC.xyz);
  vec3 kfAlbedo = diffuseColor * diffuseColor * SHADE;
  const vec3 kfBleed = BLEED;
  const vec3 kfKey = vec3(-0.4599, 0.5199, 0.7198);
  const vec3 kfFill = vec3(0.8231, 0.0514, 0.5659);
  const vec3 kfRimL = vec3(-0.8305, 0.3420, -0.4397);
  const vec3 kfRimR = vec3(0.7656, 0.4306, -0.4785);
  float kfNK = dot(kfN, kfKey);
  vec3 kfWrap = clamp((vec3(kfNK) + kfBleed) / (1.0 + kfBleed), 0.0, 1.0);
  kfWrap *= 0.75 + 0.25 * kfWrap;
  vec3 kfLit = vec3(1.18, 1.12, 1.03) * kfWrap;
  kfLit += vec3(0.23, 0.26, 0.29) * clamp((vec3(dot(kfN, kfFill)) + kfBleed) / (1.0 + kfBleed), 0.0, 1.0);
  kfLit += mix(vec3(0.085, 0.068, 0.064), vec3(0.185, 0.195, 0.215), 0.5 + 0.5 * kfN.y);
  vec3 kfOut = kfAlbedo * kfLit;
  float kfGraze = 1.0 - max(dot(kfN, kfV), 0.0);
  float kfGraze2 = kfGraze * kfGraze;
  vec3 kfH = normalize(kfKey + kfV);
  float kfSpec = pow(max(dot(kfN, kfH), 0.0), TIGHT) * clamp(kfNK * 3.0, 0.0, 1.0);
  kfOut += GLOSS * (0.75 + 1.6 * kfGraze2 * kfGraze2) * kfSpec * vec3(1.0, 0.97, 0.93);
  kfOut += RIM * kfGraze2 * kfGraze * (max(dot(kfN, kfRimL), 0.0) * vec3(0.50, 0.57, 0.68)
                                     + max(dot(kfN, kfRimR), 0.0) * vec3(0.58, 0.62, 0.70));
  kfOut = kfOut * (1.0 + kfOut * 0.12) / (1.0 + kfOut * 0.34);
  fragOutput0 = vec4(sqrt(clamp(kfOut, 0.0, 1.0)), opacity);
"""

_CUT_OUT = "  if (fragOutput0.a < 0.5) { discard; }\n"
_CATCH_LIGHT = """
  float kfCatch = dot(kfN, normalize(vec3(-0.345, 0.390, 0.720) + kfV));
  fragOutput0.rgb += 0.75 * smoothstep(0.987, 0.994, kfCatch);
"""

_OVERLAY = """
  vec3 kfN = normalize(normalVCVSOutput);
  vec3 kfV = normalize(-vertexVC.xyz);
  float kfFacing = max(dot(kfN, kfV), 0.0);
  float kfKey = dot(kfN, normalize(vec3(-0.35, 0.55, 0.76)));
  float kfForm = 0.52 + 0.48 * clamp(kfKey, 0.0, 1.0);
  float kfEdge = pow(1.0 - kfFacing, 3.0);
  vec3 kfWhite = vec3(0.16 * kfEdge + 0.05 * clamp(kfKey, 0.0, 1.0));
  fragOutput0 = vec4(diffuseColor * kfForm + kfWhite, opacity);
"""

_SEEN = "  fragOutput0 = vec4(1.0);\n"
_UNSEEN = "  fragOutput0 = vec4(0.0);\n"
_ONION = """
  vec3 kfN = normalize(normalVCVSOutput);
  vec3 kfV = normalize(-vertexVC.xyz);
  float kfKey = clamp(dot(kfN, vec3(-0.4000, 0.5200, 0.7550)), 0.0, 1.0);
  float kfEdge = 1.0 - max(dot(kfN, kfV), 0.0);
  float kfLine = smoothstep(0.60, 0.95, kfEdge);
  vec3 kfOut = diffuseColor * (0.55 + 0.60 * kfKey) + vec3(0.06 * kfKey * kfKey);
  fragOutput0 = vec4(mix(kfOut, diffuseColor, kfLine), opacity * (1.0 + 1.3 * kfLine));
"""


def shade_depth_only(actor: Any) -> None:
    """Let a VTK actor write its depth and no colour.  VTK throws clear pixels away, with their
    depth, so they are made clear after it has looked."""
    shader = actor.GetShaderProperty()
    shader.AddFragmentShaderReplacement(_LIGHT_TAG, True, _SEEN, True)
    shader.AddFragmentShaderReplacement(_LAST_TAG, True, _UNSEEN, True)


def shade_onion(actor: Any) -> None:
    """Give a VTK actor the look of an onion skin: a tint with form and a firm outline."""
    actor.GetShaderProperty().AddFragmentShaderReplacement(_LIGHT_TAG, True, _ONION, True)


def shade(actor: Any, material: Material, cut_out: bool = False, lighting: Lighting = STUDIO) -> None:
    """Give a VTK actor the look of a material; ``cut_out`` drops the clear parts of a texture."""
    surface = SURFACES[material]
    code = _LIGHT
    for word, value in (
        ("KEY_FROM", _vec3(lighting.key)), ("KEY_COLOUR", _vec3(lighting.key_colour)),
        ("FILL_FROM", _vec3(lighting.fill)), ("FILL_COLOUR", _vec3(lighting.fill_colour)),
        ("AMBIENT", f"{lighting.ambient:.4f}"),
        ("SHADE", f"{surface.shade:.4f}"), ("BLEED", _vec3(surface.bleed)),
        ("TIGHT", f"{surface.tightness:.4f}"), ("GLOSS", f"{surface.gloss:.4f}"),
        ("RIM", f"{surface.rim:.4f}"),
    ):
        code = code.replace(word, value)
    shader = actor.GetShaderProperty()
    shader.AddFragmentShaderReplacement(_LIGHT_TAG, True, code, True)
    after = (_CUT_OUT if cut_out else "") + (_CATCH_LIGHT if surface.catch_light else "")
    if after:
        shader.AddFragmentShaderReplacement(_TEXTURE_TAG, True, _TEXTURE_TAG + "\n" + after, False)


def shade_overlay(actor: Any) -> None:
    """Give a VTK actor colours that can be read off a legend: form by a little shade, no light of
    any colour."""
    actor.GetShaderProperty().AddFragmentShaderReplacement(_LIGHT_TAG, True, _OVERLAY, True)


def _vec3(value: tuple[float, float, float]) -> str:
    return f"vec3({value[0]:.4f}, {value[1]:.4f}, {value[2]:.4f})"
